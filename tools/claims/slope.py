"""The calibration slope of a true model and of noise, its interval, and what the gate `calibration` says of them.

Each household has one field that tells of the outcome and twenty of noise, all of them moving slowly; outcomes are drawn from a logistic
curve of the one. A penalised logistic regression learns from three dates and is judged on the fourth. Its true slope is that of a large cohort of strangers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit

from graduasi.arrays import Array, Matrix
from graduasi.declarations.programme import Promotion
from graduasi_training.fitting.logistic_regression import SignedLogisticRegression
from graduasi_training.judging.calibration import slope_figures
from graduasi_training.judging.clusters import clusters_from
from graduasi_training.judging.held_out import HeldOut
from graduasi_training.judging.jackknife import auc_estimate, auc_interval
from graduasi_training.judging.slope import calibrate
from graduasi_training.registry.gates import Challenger, calibration_slope
from tools.claims.claim import Claim

HOUSEHOLDS = (60, 150, 500)
NOISE_FIELDS = 20
DATES = 3
STRANGERS = 20_000
PERSISTENCE = 0.7
LEVEL, TOLD = -0.5, 1.0
"""Of the true log-odds: the level, and what a standard deviation of the one field adds."""
STRENGTH = 0.1
"""The inverse strength of the penalty. With it the true slopes are about those of the whole procedure."""
LIMITS = Promotion()
BOLD, TIMID = (1.0, 0.0), (0.05, 20.0)
"""Margins drawn beside outcomes: their standard deviation, and their true slope."""


@dataclass(frozen=True)
class Run:
    """One model: its true slope (None: drawn margins), its slope's figures, whether the gate refuses it, and whether its AUC lies above 0.5."""

    true_slope: float | None
    figures: dict[str, float | None]
    refused: bool
    ranks: bool

    @property
    def is_right(self) -> bool:
        """Whether the true slope lies within the limits of the gate."""
        return (
            self.true_slope is not None
            and LIMITS.calibration_slope_min <= self.true_slope <= LIMITS.calibration_slope_max
        )

    @property
    def holds(self) -> bool:
        low, high = self.figures["calibration_slope_low"], self.figures["calibration_slope_high"]
        return None not in (low, high, self.true_slope) and low <= self.true_slope <= high  # type: ignore[operator]


def claims(seeds: int) -> Iterator[Claim]:
    """Rows for a true model with 60, 150 and 500 households, and for margins that are bold noise or far too timid."""
    before = {60: ("0.79, 0.86", "35 %"), 150: ("0.84, 0.85", "10 %"), 500: ("0.98, 0.97", "0 %")}
    for households in HOUSEHOLDS:
        runs = [true_model(seed, households) for seed in range(seeds)]
        slopes = [run.figures["calibration_slope"] for run in runs]
        true, estimated = np.mean([run.true_slope for run in runs]), np.nanmean(np.array(slopes, dtype=float))
        holds, refused = np.mean([run.holds for run in runs]), np.mean([run.refused for run in runs if run.is_right])
        name = f"a true model of {households} households"
        yield Claim(
            f"calibration slope of {name}: true, estimated", before[households][0], f"{true:.2f}, {estimated:.2f}",
            "equal (0.15)", bool(abs(true - estimated) <= 0.15),
        )  # fmt: skip
        yield Claim(
            f"its interval holds the true slope of {name}", "90-100 %", f"{holds:.0%}", "95 %", bool(holds >= 0.9)
        )
        yield Claim(
            f"gate calibration refuses {name} whose true slope is within its limits",
            before[households][1],
            f"{refused:.0%}",
            "5 % at most",
            bool(refused <= 0.05),
        )
    for name, (spread, slope) in (("bold noise (true slope 0)", BOLD), ("timid margins (true slope 20)", TIMID)):
        for families in HOUSEHOLDS[1:]:
            share = np.mean([drawn_margins(seed, families, spread, slope).refused for seed in range(20 * seeds)])
            yield Claim(
                f"gate calibration refuses {name}, {families} families", "–", f"{share:.0%}", "90 %", bool(share >= 0.9)
            )
    passed = np.mean([not noise.refused and noise.ranks for noise in _noise(HOUSEHOLDS[0], 20 * seeds)])
    yield Claim(
        f"bold noise, {HOUSEHOLDS[0]} families, passes the gates prior and calibration",
        "–",
        f"{passed:.1%}",
        "5 % at most",
        bool(passed <= 0.05),
    )


def _noise(families: int, count: int) -> list[Run]:
    return [drawn_margins(seed, families, *BOLD) for seed in range(count)]


def true_model(seed: int, households: int) -> Run:
    """A model of a world that it can learn."""
    rng = np.random.default_rng([seed, households])
    dates = _fields(rng, households, DATES + 1)
    outcomes = [_outcomes(rng, values) for values in dates]
    model = SignedLogisticRegression(C=STRENGTH).fit(np.vstack(dates[:-1]), np.concatenate(outcomes[:-1]))
    (strangers,) = _fields(rng, STRANGERS, 1)
    true_slope, _ = calibrate(model.decision_function(strangers), expit(_log_odds(strangers)))
    return _judged(true_slope, expit(model.decision_function(dates[-1])), outcomes[-1])


def drawn_margins(seed: int, families: int, spread: float, slope: float) -> Run:
    """Margins of a known spread and true slope, without a model."""
    rng = np.random.default_rng([seed, families])
    margin = rng.normal(0, spread, families)
    y = (rng.random(families) < expit(LEVEL + slope * margin)).astype(float)
    return _judged(None, expit(LEVEL + margin), y)


def _judged(true_slope: float | None, score: Array, y: Array) -> Run:
    families = np.arange(len(y))
    nobody = np.full(len(y), -1)
    cohort = HeldOut(y, np.full(len(y), np.nan), nobody, families, families >= 0, quota=10)
    (each,) = clusters_from(families)
    figures = slope_figures(score, cohort, families >= 0, each)
    evaluation: dict[str, Any] = {"folds": [{"candidates": {"champion": figures}}]}
    found = calibration_slope(Challenger(evaluation, bundle=Path(), digest=""))
    auc_low, _ = auc_interval(auc_estimate(score, y, each), score, y)
    return Run(true_slope, figures, any(finding.refuses for finding in found), auc_low is not None and auc_low > 0.5)


def _fields(rng: np.random.Generator, households: int, dates: int) -> list[Matrix]:
    """For each date the fields (households × fields), each an autoregression of variance one."""
    values = [rng.normal(size=(households, 1 + NOISE_FIELDS))]
    for _ in range(dates - 1):
        values.append(PERSISTENCE * values[-1] + rng.normal(0, np.sqrt(1 - PERSISTENCE**2), values[-1].shape))
    return values


def _log_odds(values: Matrix) -> Array:
    return np.asarray(LEVEL + TOLD * values[:, 0])


def _outcomes(rng: np.random.Generator, values: Matrix) -> Array:
    return (rng.random(len(values)) < expit(_log_odds(values))).astype(float)
