"""The search over settings: Optuna's TPE, seeded trial by trial, kept in a SQLite file so that the same command resumes it.

The sampler of each trial is seeded by the run's seed and the trial's number, so a search that was interrupted and
resumed proposes what an uninterrupted one would have.
"""

import base64
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from graduasi.arrays import Array
from graduasi.errors import TrainingError
from graduasi.readiness.trees import MAX_LEAVES
from graduasi_training.fitting.linear_and_trees import Settings, TreeSettings
from graduasi_training.fitting.tuning.trials import Budget, Trial

SEARCH_SPACE: dict[str, BaseDistribution] = {
    "C": CategoricalDistribution((0.003, 0.01, 0.03, 0.1, 0.3, 1.0)),
    "trees": IntDistribution(20, 400, log=True),
    "leaves": IntDistribution(2, MAX_LEAVES),
    "learning_rate": FloatDistribution(0.01, 0.3, log=True),
    "min_child_samples": IntDistribution(5, 200, log=True),
    "column_share": FloatDistribution(0.2, 1.0),
    "l2": FloatDistribution(0.1, 100.0, log=True),
}
"""What is searched. More leaves than MAX_LEAVES could not be explained exactly and fast."""
RANDOM_TRIALS = 10
"""Trials drawn at random before TPE learns from them; the very first has the settings in use without a search."""

Loss = Callable[[Settings], Array]
"""The log loss of some settings, summed over each household's rows."""


def search(
    loss_by_household: Loss,
    *,
    rows: int,
    settings: Settings,
    key: str,
    file: Path,
    budget: Budget,
    tell: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
) -> list[Trial]:
    """Try settings until the budget is used up, and return all trials of `key`, oldest first.

    Trials of the same `key` that `file` already holds count towards the budget; those of another key do not. `rows` is
    the number of rows behind the losses. Raises TrainingError when the file cannot be used.
    """
    with _open_study(file, key, tell) as study:
        trials = [_trial(stored, settings) for stored in _complete(study)]
        if trials:
            tell(f"resumed: {min(len(trials), budget.trials)} of {budget.trials} trials")
        begun = clock()
        while len(trials) < budget.trials:
            if trials and budget.minutes is not None and clock() - begun >= 60 * budget.minutes:
                tell(
                    f"the {budget.minutes:g} minutes for tuning are over after {len(trials)} of {budget.trials} trials; "
                    "the same command goes on from here"
                )
                break
            _run_trial(study, len(trials), loss_by_household, rows=rows, settings=settings, clock=clock)
            trials = [_trial(stored, settings) for stored in _complete(study)]
            best = min(trial.log_loss for trial in trials)
            tell(f"tuning: trial {len(trials)} of {budget.trials}, log loss {trials[-1].log_loss:.4f}, best {best:.4f}")
        return trials[: budget.trials]


def searched_values(settings: Settings) -> dict[str, float]:
    """The values of the settings that are searched, by name."""
    return {name: settings.C if name == "C" else getattr(settings.trees, name) for name in SEARCH_SPACE}


@contextmanager
def _open_study(file: Path, key: str, tell: Callable[[str], None]) -> Iterator[optuna.Study]:
    """The Optuna study of this key in `file`, made if need be; trials that were cut off are marked as failed."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        storage = _storage(file)
        keys = [study.study_name for study in storage.get_all_studies()]
        study = optuna.create_study(storage=storage, study_name=key, load_if_exists=True)
    except (SQLAlchemyError, optuna.exceptions.OptunaError, RuntimeError) as error:
        raise TrainingError(
            f"{file} cannot be used as the file of a search ({type(error).__name__}); remove it or choose another --out"
        ) from None
    if keys and key not in keys:
        tell(f"{file.name} holds a search of other data or settings, which is left alone; a new one begins")
    try:
        for cut_off in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            study.tell(cut_off.number, state=TrialState.FAIL)
        yield study
    finally:
        storage.remove_session()


def _storage(file: Path) -> optuna.storages.RDBStorage:
    """Optuna's storage in a SQLite file.

    Without a pool each connection is closed after use, also when Optuna refuses the file before there is a storage to
    dispose of. The file is opened here and not named in the URL, in which Optuna and SQLAlchemy would read `{` and `?`.
    """
    return optuna.storages.RDBStorage(
        "sqlite://", engine_kwargs={"creator": lambda: sqlite3.connect(file), "poolclass": NullPool}
    )


def _complete(study: optuna.Study) -> list[FrozenTrial]:
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def _run_trial(
    study: optuna.Study,
    number: int,
    loss_by_household: Loss,
    *,
    rows: int,
    settings: Settings,
    clock: Callable[[], float],
) -> None:
    """Run one more trial and store it: the first has the given settings, the others what TPE proposes."""
    begun = clock()
    if number == 0:
        losses = loss_by_household(settings)
        first = optuna.trial.create_trial(
            params=searched_values(settings),
            distributions=SEARCH_SPACE,
            value=float(losses.sum() / rows),
            user_attrs={"loss_by_household": _packed(losses), "seconds": clock() - begun},
        )
        study.add_trial(first)
        return
    seed = int(np.random.SeedSequence([settings.seed, number]).generate_state(1)[0])
    study.sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=RANDOM_TRIALS)
    proposed = study.ask(SEARCH_SPACE)
    losses = loss_by_household(_settings_of(proposed.params, settings))
    proposed.set_user_attr("loss_by_household", _packed(losses))
    proposed.set_user_attr("seconds", clock() - begun)
    study.tell(proposed, float(losses.sum() / rows))


def _settings_of(params: dict[str, float], base: Settings) -> Settings:
    """A proposal as settings, rounded to three significant digits because people read them on the card."""
    rounded = {name: value if isinstance(value, int) else float(f"{value:.3g}") for name, value in params.items()}
    return Settings(C=rounded.pop("C"), trees=TreeSettings(**rounded), seed=base.seed)  # type: ignore[arg-type]


def _trial(stored: FrozenTrial, base: Settings) -> Trial:
    assert stored.value is not None  # complete trials have one
    losses = np.frombuffer(base64.b64decode(stored.user_attrs["loss_by_household"]), dtype="<f4").astype(float)
    seconds = float(stored.user_attrs["seconds"])
    return Trial(stored.number, _settings_of(stored.params, base), stored.value, losses, seconds)


def _packed(losses: Array) -> str:
    """The losses as text: 32-bit floats, little-endian, in base64."""
    return base64.b64encode(losses.astype("<f4").tobytes()).decode("ascii")
