"""A made-up programme of PKH families, written a district at a time: memory never holds a million of them."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np

from graduasi.dates import to_day
from graduasi_training.simulation.declarations import copy_declarations, sustained_target
from graduasi_training.simulation.district import simulate_district
from graduasi_training.simulation.families import count_families
from graduasi_training.simulation.lives.places import CHUNK_HOUSEHOLDS, cut_into_districts, draw_caseloads
from graduasi_training.simulation.parameters import Parameters, shipped_parameters
from graduasi_training.simulation.quarters import LAST_QUARTER_END, quarter_ends
from graduasi_training.simulation.writing import ParquetFiles


def simulate(
    out: Path,
    *,
    households: int,
    quarters: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
    last: date = LAST_QUARTER_END,
    chunk_households: int = CHUNK_HOUSEHOLDS,
    parameters: Parameters | None = None,
    ready_visited: float = 1.0,
) -> None:
    """Write households, events, truth, dictionary and programme to the folder `out`.

    `households` is how many receive aid at the start; others enter as families leave. `last` is the end of the last
    quarter. The same arguments give the same files. After each district, `progress` is called with the number of
    starting households that are done, and with `households`. With `ready_visited` below 1, a family whose true income meets
    the target's line in a quarter is found at home on so many of the visits to it; lives, events and truth stay the same.
    Raises ValueError for no households, no quarters, or a share outside 0 to 1.
    """
    if households < 1 or quarters < 1:
        raise ValueError("a simulation needs at least one household and one quarter")
    if not 0 <= ready_visited <= 1:
        raise ValueError("ready_visited is a share of visits, from 0 to 1")
    parameters = shipped_parameters() if parameters is None else parameters
    out.mkdir(parents=True, exist_ok=True)
    declarations = copy_declarations(out)
    target, ends = sustained_target(declarations.programme), quarter_ends(last, quarters)
    extract_day = to_day(last) + int(parameters.number("visits.extract_days"))
    caseload_seed, district_seeds = np.random.SeedSequence(seed).spawn(2)
    caseloads = draw_caseloads(np.random.default_rng(caseload_seed), parameters, households)
    first_household, households_done = 1, 0
    with ParquetFiles(out, declarations.dictionary, extract_day=extract_day) as files:
        for district in cut_into_districts(caseloads, chunk_households):
            district_seed = district_seeds.spawn(1)[0]
            history = simulate_district(
                np.random.default_rng(district_seed),
                parameters,
                district=district,
                ends=ends,
                target=target,
                ready_visited=ready_visited,
                found_rng=np.random.default_rng(district_seed.spawn(1)[0]),
            )
            files.append(history, district=district, first_household=first_household)
            first_household += count_families(parameters, district=district, quarters=quarters)
            households_done += int(district.caseloads.sum())
            if progress is not None:
                progress(households_done, households)
