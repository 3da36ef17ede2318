"""Are intervals as wide as they say, with few mentors and few families, and is noise told from skill?"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from scipy.stats import binom

from graduasi.arrays import Array
from graduasi_training.evaluation.folds.judged import fold_report, judge_folds
from graduasi_training.evaluation.folds.unseen_households import unseen_households_auc
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.judging.clusters import Clusters, clusters_from
from graduasi_training.judging.comparison import compare
from graduasi_training.judging.jackknife import auc_estimate, auc_interval, mean_of
from graduasi_training.judging.metrics import calibration_error
from graduasi_training.registry.gates import PRIOR_BASELINE, Challenger, better_than_chance
from tests.made_up.noise_worlds import noise_study
from tools.claims.claim import Claim

CHEAP = 10
"""Worlds of rows alone, without a fit, are drawn this many times as often."""
CHANCE = 0.005
"""A rate that is as promised lies outside what a claim allows in one run of 200."""


def claims(seeds: int) -> Iterator[Claim]:
    """The claims on intervals, verdicts and the gate `prior`; `seeds` worlds of each kind, or a third where models are fitted."""
    fitted = max(seeds // 3, 1)
    yield _gate_claim("new noise every year, 8 fields", "0 of 20", fitted, fields=8, persistent=False)
    yield _gate_claim("noise that never changes, 8 fields", "17 of 20", fitted, fields=8, persistent=True)
    yield _gate_claim("noise that never changes, 30 fields", "20 of 20", fitted, fields=30, persistent=True)
    before = {6: "73 %, 32 %", 8: "60 %, 28 %", 12: "68 %, 33 %", 19: "48 %, 17 %", 20: "5 %, 3 %", 30: "7 %, 3 %"}
    for mentors, measured in before.items():
        yield _noise_of_mentors(mentors, measured, CHEAP * seeds)
    for mentors, per_mentor, dates, measured in (
        (150, 1, 1, "5.6 %"), (1000, 1, 1, "5.0 %"), (8, 40, 1, "43 %"), (19, 40, 1, "27 %"), (20, 40, 1, "6.0 %"),
        (40, 40, 1, "8.0 %"), (20, 40, 3, "6.0 %"),
    ):  # fmt: skip
        yield _equal_models(mentors, per_mentor, dates, measured, CHEAP * seeds)
    for what, units, per_unit, level, measured in (
        ("100 families", 100, 1, 0.0, "95 %"), ("300 families", 300, 1, 0.0, "95 %"), ("300 families, 8 % ready", 300, 1, -2.9, "92 %"),
        ("12 mentors", 12, 30, -0.5, "79 %"), ("20 mentors", 20, 30, -0.5, "91 %"), ("40 mentors", 40, 30, -0.5, "93 %"),
    ):  # fmt: skip
        yield _coverage(what, units, per_unit, level=level, before=measured, worlds=CHEAP * seeds)
    yield _calibration_error_in_order()


def _gate_claim(what: str, before: str, worlds: int, **design: Any) -> Claim:
    passed = sum(_passes_prior(seed, **design) for seed in range(worlds))
    allowed = max(1, int(binom.isf(CHANCE, worlds, 0.025)))
    return Claim(f"gate `prior` passed: {what}", before, f"{passed} of {worlds}", "once in forty", passed <= allowed)


def _passes_prior(seed: int, **design: Any) -> bool:
    """Whether a model of a world without signal passes the gate `prior`."""
    study, settings = noise_study(seed, **design), Settings(seed=seed)
    last = judge_folds(study, settings=settings, tell=lambda text: None)[-1]
    evaluation = {
        "folds": [fold_report(study, last) | unseen_households_auc(study, last, settings=settings)],
        "comparison": compare(last.judged["champion"], {PRIOR_BASELINE: last.judged[PRIOR_BASELINE]}, "auc"),
    }
    return not better_than_chance(Challenger(evaluation, Path(), ""))


def _clusters(units: int, per_unit: int) -> tuple[npt.NDArray[np.intp], Clusters]:
    unit = np.repeat(np.arange(units), per_unit)
    return unit, clusters_from(unit)[0]


def _noise_of_mentors(mentors: int, before: str, worlds: int) -> Claim:
    """A field that mentors share, and a shock that they share: the field says nothing."""
    unit, clusters = _clusters(mentors, 40)
    missed = skilled = 0
    for seed in range(worlds):
        rng = np.random.default_rng([mentors, seed])
        field = rng.normal(size=mentors)[unit] + 0.5 * rng.normal(size=len(unit))
        y = _outcome(rng, -0.5 + 0.7 * rng.normal(size=mentors)[unit])
        low, high = auc_interval(auc_estimate(field, y, clusters), field, y)
        if low is not None and high is not None:
            missed += not low <= 0.5 <= high
            skilled += low > 0.5
    return Claim(
        f"noise of {mentors} mentors: AUC interval misses 0.5, skill claimed",
        before,
        f"{missed / worlds:.1%}, {skilled / worlds:.1%}",
        "5 %, 2.5 %",
        missed <= binom.isf(CHANCE, worlds, 0.05) and skilled <= binom.isf(CHANCE, worlds, 0.025),
    )


def _equal_models(mentors: int, per_mentor: int, dates: int, before: str, worlds: int) -> Claim:
    """Two models that are equally far from the truth: how often one is called better or worse."""
    unit, clusters = _clusters(mentors, per_mentor)
    called = 0
    for seed in range(worlds):
        rng, gains = np.random.default_rng([mentors, dates, seed]), []
        errors = 0.7 * (per_mentor > 1) * rng.normal(size=(2, mentors))[:, unit]
        for _ in range(dates):
            margin = rng.normal(size=len(unit))
            y = _outcome(rng, margin + 0.5 * rng.normal(size=mentors)[unit])
            one, other = (auc_estimate(margin + error + rng.normal(size=len(unit)), y, clusters) for error in errors)
            gains.append(one - other)
        low, high = mean_of(gains).interval()
        called += low is not None and high is not None and not low <= 0 <= high
    units = f"{mentors} mentors" if per_mentor > 1 else f"{mentors} households"
    return Claim(
        f"verdict on two equal models, {units}{', three dates pooled' if dates > 1 else ''}: better or worse",
        before,
        f"{called / worlds:.1%}",
        "5 %",
        binom.ppf(CHANCE, worlds, 0.02) <= called <= binom.isf(CHANCE, worlds, 0.05),
    )


def _coverage(what: str, units: int, per_unit: int, *, level: float, before: str, worlds: int) -> Claim:
    """How often the interval holds the AUC that a margin of variance 1 has; mentors share a quarter of it, and a shock."""
    unit, clusters = _clusters(units, per_unit)
    shared = 0.5 if per_unit > 1 else 0.0

    def draw(rng: np.random.Generator, unit: npt.NDArray[np.intp]) -> tuple[Array, Array]:
        count = int(unit.max()) + 1
        margin = shared * rng.normal(size=count)[unit] + np.sqrt(1 - shared**2) * rng.normal(size=len(unit))
        return margin, _outcome(rng, level + margin + shared * rng.normal(size=count)[unit])

    truth = _true_auc(draw)
    held = 0
    for seed in range(worlds):
        margin, y = draw(np.random.default_rng([units, seed]), unit)
        low, high = auc_interval(auc_estimate(margin, y, clusters), margin, y)
        held += low is None or high is None or low <= truth <= high
    return Claim(
        f"AUC interval holds the true AUC: {what}",
        before,
        f"{held / worlds:.1%}",
        "95 %",
        worlds - held <= binom.isf(CHANCE, worlds, 0.05),
    )


def _true_auc(draw: Callable[[np.random.Generator, npt.NDArray[np.intp]], tuple[Array, Array]]) -> float:
    """The AUC among two hundred thousand families of as many units."""
    everyone = np.arange(200_000)
    margin, y = draw(np.random.default_rng(0), everyone)
    return auc_estimate(margin, y, clusters_from(everyone)[0]).value


def _outcome(rng: np.random.Generator, margin: Array) -> Array:
    return np.asarray((rng.random(len(margin)) < expit(margin)).astype(float))


def _calibration_error_in_order() -> Claim:
    """A perfect forecast of three values for 2,000 families, the ready families of each value first."""
    sizes, rates = (800, 800, 400), (0.2, 0.5, 0.8)
    forecast = np.repeat(rates, sizes)
    y = np.concatenate([np.arange(size) < size * rate for size, rate in zip(sizes, rates, strict=True)]).astype(float)
    error = calibration_error(forecast, y)
    what = "ECE of a perfect forecast of three values, rows in order of the outcome"
    return Claim(what, "0.22", f"{error:.3f}", "0", error < 0.001)
