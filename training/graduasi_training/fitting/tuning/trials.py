"""Trials of a search over settings, and which of them is chosen: the smallest trees that cannot be told from the best."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.judging.clusters import mean_by_household


@dataclass(frozen=True)
class Budget:
    """How many trials there are in all, and after how many minutes of one command no further trial begins."""

    trials: int
    minutes: float | None = None


@dataclass(frozen=True)
class Trial:
    """Settings with their out-of-fold log loss (mean over rows, and summed over each household's rows) and their run time."""

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
    """The trial chosen and the best one; `excess` is (mean, standard error) of each trial's log loss above the best's."""

    chosen: Trial
    best: Trial
    excess: dict[int, tuple[float, float]]

    def is_close(self, trial: Trial) -> bool:
        """Whether the trial is within one standard error of the best."""
        mean, error = self.excess[trial.number]
        return mean <= error


def choose(trials: list[Trial], sizes: npt.NDArray[np.intp]) -> Choice:
    """The trial of smallest cost within one standard error of the best; of equal costs, the one with the lower log loss.

    Differences are paired and their standard errors clustered by household; `sizes` holds each household's number of rows.
    """
    best = min(trials, key=lambda trial: trial.log_loss)
    excess = {
        trial.number: mean_by_household(trial.loss_by_household - best.loss_by_household, sizes) for trial in trials
    }
    close = [trial for trial in trials if excess[trial.number][0] <= excess[trial.number][1]]
    return Choice(min(close, key=lambda trial: (trial.cost, trial.log_loss)), best, excess)
