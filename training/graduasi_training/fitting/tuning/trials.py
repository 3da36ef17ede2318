"""Trials of a search over settings, and which of them is taken: the smallest trees that are not told apart from the best."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.judging.resampling import mean_by_household


@dataclass(frozen=True)
class Budget:
    """How many trials there are in all, and after how many minutes of one command no other is begun."""

    trials: int
    minutes: float | None = None


@dataclass(frozen=True)
class Trial:
    """Settings with their out-of-fold log loss, summed over each household's rows, and what trying them cost."""

    number: int
    settings: Settings
    log_loss: float
    loss_by_household: Array
    seconds: float

    @property
    def cost(self) -> int:
        """The leaves of all trees: what an explanation has to look up, and what can overfit."""
        return self.settings.trees.trees * self.settings.trees.leaves


@dataclass(frozen=True)
class Choice:
    """The trial taken and the best one; `excess` is (mean, standard error) of each trial's log loss above the best's."""

    chosen: Trial
    best: Trial
    excess: dict[int, tuple[float, float]]

    def is_close(self, trial: Trial) -> bool:
        """Within one standard error of the best."""
        mean, error = self.excess[trial.number]
        return mean <= error


def choose(trials: list[Trial], sizes: npt.NDArray[np.intp]) -> Choice:
    """One-standard-error rule, paired and clustered by household; among equally small trees the lower log loss wins.

    `sizes` holds each household's number of rows.
    """
    best = min(trials, key=lambda trial: trial.log_loss)
    excess = {
        trial.number: mean_by_household(trial.loss_by_household - best.loss_by_household, sizes) for trial in trials
    }
    close = [trial for trial in trials if excess[trial.number][0] <= excess[trial.number][1]]
    return Choice(min(close, key=lambda trial: (trial.cost, trial.log_loss)), best, excess)
