"""Do labels find as many ready families on young dates as on old ones, and as many as there are, where visits are uneven?

Families whose welfare moves slowly. Those above the line are visited in fewer quarters than others, and reports of visits take
up to two months. The truth is the share of all families, visited or not, that is above the line a year after a date.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from graduasi.arrays import Array
from graduasi.panel.events import NO_EVENTS
from graduasi_training.evaluation.folds.judged import judge_folds
from graduasi_training.fitting.linear_and_trees import Settings, TreeSettings
from graduasi_training.study.study import Study, prepare
from tests.made_up.worlds import PROGRAMME, World, declarations_of, uneven_visits
from tools.claims.claim import Claim

BY_TIME = "after_months = 12\nhold_months = 0\ntolerance_months = 3"
BY_VISITS = "after = 4\nhold = 1"
LONGEST_REPORT = 60
"""Days until a visit is known, at most: as in the simulator."""
YOUNG = 2
"""Dates that count as young: the youngest two that were learned from."""
LEAST_LABELLED = 200
"""A date with fewer labels has a rate that says nothing."""
QUICK = Settings(trees=TreeSettings(trees=30, learning_rate=0.2))
"""Few trees: it is the level of the forecast that is measured."""
LEVEL = 0.03
"""By so much dates may differ. Chance alone makes a mean over two dates of some 2,000 families each differ by about 0.01."""


@dataclass(frozen=True)
class Visits:
    """The shares of quarters in which families are visited, what was measured before, and what a label may miss.

    `before` has the true rate, then the base rate of older and of the youngest dates, that of the test families who had a
    label, and the mean forecast. `missed` is how far below the truth labels may be: whoever is above the line may be missed
    on all three visits near a time, and instead be seen on one on which the family was below.
    """

    ready: float
    others: float
    before: tuple[str, str, str, str, str]
    missed: float

    def __str__(self) -> str:
        return f"ready families visited in {self.ready:.0%} of quarters, others in {self.others:.0%}"


DESIGNS = (
    Visits(0.5, 0.95, ("0.395", "0.251", "0.091", "0.155", "0.295"), missed=0.07),
    Visits(0.8, 0.95, ("0.408", "0.372", "0.301", "0.289", "0.383"), missed=0.03),
)


@dataclass(frozen=True)
class Level:
    """What one world shows: true rates and base rates of older and of young dates, and the test date's."""

    true_older: float
    older: float
    true_young: float
    young: float
    true_test: float
    labelled_test: float
    forecast: float


def claims(seeds: int) -> Iterator[Claim]:
    """The claims on labels; a world for every two of `seeds`, as a model is fitted in each."""
    worlds = max(seeds // 2, 1)
    for design in DESIGNS:
        yield from _of_design(design, _mean([_level(design, seed, BY_TIME) for seed in range(worlds)]))


def _of_design(design: Visits, level: Level) -> Iterator[Claim]:
    true, older, young, test, forecast = design.before
    drift = (level.young - level.true_young) - (level.older - level.true_older)
    yield Claim(
        f"{design}: base rate of the youngest training dates, and of older ones",
        f"{young}, {older}",
        f"{level.young:.3f}, {level.older:.3f}",
        f"equal but for what moved in truth, to {LEVEL}",
        abs(drift) < LEVEL,
    )
    for what, before, measured, truth in (
        ("base rate of training dates", older, level.older, level.true_older),
        ("share ready of the labelled test families", test, level.labelled_test, level.true_test),
        ("mean forecast for all test families", forecast, level.forecast, level.true_test),
    ):
        yield Claim(
            f"{design}: {what}",
            f"{before} (true {true})",
            f"{measured:.3f} (true {truth:.3f})",
            f"at most {design.missed} from the truth",
            abs(measured - truth) < design.missed,
        )


def _mean(levels: list[Level]) -> Level:
    return Level(*np.mean([list(vars(level).values()) for level in levels], axis=0).tolist())


def _level(design: Visits, seed: int, rule: str) -> Level:
    declarations = declarations_of(PROGRAMME.replace(BY_TIME, rule).replace("folds = 2", "folds = 1"))
    world = uneven_visits(
        seed,
        households=2500,
        ready=design.ready,
        others=design.others,
        declarations=declarations,
        longest_report=LONGEST_REPORT,
    )
    study = prepare(world.panel, NO_EVENTS, declarations)
    (judged,) = judge_folds(study, settings=QUICK, tell=lambda text: None)
    days, rates = _learned_from(study, judged.fold.day)
    true = np.array([_true_rate(world, study, int(day)) for day in days])
    labelled = judged.test.y[judged.test.labelled]
    return Level(
        *(true[:-YOUNG].mean(), rates[:-YOUNG].mean(), true[-YOUNG:].mean(), rates[-YOUNG:].mean()),
        true_test=_true_rate(world, study, judged.fold.day),
        labelled_test=float(labelled.mean()),
        forecast=float(judged.champion.mean()),
    )


def _learned_from(study: Study, day: int) -> tuple[Array, Array]:
    """The dates before the test date `day` with labels to learn from, and their base rates."""
    known = study.labels.trainable(day) & (study.observations.day < day)
    days = [
        int(one)
        for one in np.unique(study.observations.day)
        if (known & (study.observations.day == one)).sum() >= LEAST_LABELLED
    ]
    return np.array(days), np.array(
        [study.labels.value[known & (study.observations.day == one)].mean() for one in days]
    )


def _true_rate(world: World, study: Study, day: int) -> float:
    """Of the families observed on a day, the share above the line a year later, visited or not."""
    (quarter,) = np.flatnonzero(world.days == day)
    observed = study.panel.household[study.observations.snapshot[study.observations.day == day]]
    return float((world.welfare[observed, quarter + 4] >= 0).mean())
