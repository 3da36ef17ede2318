"""Selective labels: is the corrected share nearer to the truth than the naive one, and does its interval hold the truth?

Worlds of 24,000 families and 240 mentors, in which the chance of being seen is known and depends on written fields alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from graduasi_training.evaluation.selective.correction import corrected
from tests.made_up.selective_world import selective_world
from tools.claims.claim import Claim

FAMILIES = 24_000
MILD, STEEP = (-1.0, 0.7), (-1.5, 1.5)
"""The log-odds of being seen of a middling family, and how they rise with the fields."""
MAX_SEEDS = 60


@dataclass(frozen=True)
class Run:
    """How far both shares lie from the truth, and whether the interval holds it (None: no interval)."""

    naive: float
    weighted: float
    holds: bool | None


def claims(seeds: int) -> Iterator[Claim]:
    """Rows for whole caseloads and lists of ten, under mild and under steep selection."""
    caseloads = "whole caseloads, 24,000 families, selection"
    for name, world, per_mentor, before in (
        (f"{caseloads} mild", MILD, None, ("0.117, 0.035; 8 of 8", "4 of 8")),
        (f"{caseloads} steep", STEEP, None, ("0.149, 0.079; 8 of 8", "0 of 8")),
        ("list of ten, selection mild", MILD, 10, ("5 of 8", "8 of 8")),
        ("list of ten, selection steep", STEEP, 10, ("–", "–")),
    ):
        runs = [measured(seed, world, per_mentor) for seed in range(min(seeds, MAX_SEEDS))]
        naive, weighted = (float(np.mean([getattr(run, which) for run in runs])) for which in ("naive", "weighted"))
        nearer = sum(run.weighted < run.naive for run in runs)
        yield Claim(
            f"{name}: naive and weighted off by; weighted nearer", before[0],
            f"{naive:.3f}, {weighted:.3f}; {nearer} of {len(runs)}", "nearer on average", weighted < naive,
        )  # fmt: skip
        shown = [run.holds for run in runs if run.holds is not None]
        held = f"{sum(shown)} of {len(shown)}" if shown else "none shown"
        yield Claim(
            f"{name}: the interval of weighted holds the truth", before[1], f"{held} ({len(runs) - len(shown)} without)",
            "95 %, or no interval", not shown or float(np.mean(shown)) >= 0.9,
        )  # fmt: skip


def measured(seed: int, shape: tuple[float, float], per_mentor: int | None) -> Run:
    """One world, corrected as an evaluation would."""
    world = selective_world(seed, families=FAMILIES, seen=shape[0], steep=shape[1])
    families = world.seen(per_mentor=per_mentor)
    figures = corrected(families, *world.learned())
    truth = float(families.share @ world.outcome / families.share.sum())
    seen_share = families.share * world.observed
    naive = float(seen_share @ world.outcome / seen_share.sum())
    low, high = figures["weighted_low"], figures["weighted_high"]
    holds = None if low is None else bool(low <= truth <= high)
    return Run(abs(naive - truth), abs(figures["weighted"] - truth), holds)
