"""A made-up programme of PKH families, written a district at a time so that a million of them never sit in memory."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np

from graduasi.dates import to_day
from graduasi_training.simulation.district import live
from graduasi_training.simulation.families import families_in
from graduasi_training.simulation.lives.places import CHUNK_HOUSEHOLDS, cut_into_districts, draw_caseloads
from graduasi_training.simulation.parameters import Parameters, shipped_parameters
from graduasi_training.simulation.quarters import LAST_QUARTER_END, quarter_ends
from graduasi_training.simulation.rules import copy_rules, sustained_target
from graduasi_training.simulation.writing import Files, Numbering


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
) -> None:
    """Write households, events, truth, dictionary and programme to the folder `out`.

    `households` is how many receive aid at the start; others enter as families leave. The same arguments give the same
    files. `progress` is told how many of the starting families are done, and of how many.
    """
    if households < 1 or quarters < 1:
        raise ValueError("a simulation needs at least one household and one quarter")
    assumed = shipped_parameters() if parameters is None else parameters
    out.mkdir(parents=True, exist_ok=True)
    declarations = copy_rules(out)
    target, ends = sustained_target(declarations.programme), quarter_ends(last, quarters)
    last_known_day = to_day(last) + int(assumed.number("visits.extract_days"))
    plan, chunks = np.random.SeedSequence(seed).spawn(2)
    caseloads = draw_caseloads(np.random.default_rng(plan), assumed, households)
    first_household, done = 1, 0
    with Files(out, declarations.dictionary) as files:
        for district in cut_into_districts(caseloads, chunk_households):
            rng = np.random.default_rng(chunks.spawn(1)[0])
            lived = live(rng, assumed, district=district, ends=ends, target=target)
            files.append(lived, numbering=Numbering(first_household, district), last_known_day=last_known_day)
            first_household += families_in(assumed, district=district, quarters=quarters)
            done += int(district.caseloads.sum())
            if progress is not None:
                progress(done, households)
