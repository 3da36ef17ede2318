"""The search itself: Optuna's TPE, seeded trial by trial, in a SQLite study that the same command goes on with.

The sampler of each trial is seeded by the run's seed and the trial's number, so a search that was interrupted and
resumed proposes what an uninterrupted one would have.
"""

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from graduasi.arrays import Array
from graduasi.errors import TrainingError
from graduasi.readiness.trees import MAX_LEAVES
from graduasi_training.fitting.linear_and_trees import Settings, TreeSettings
from graduasi_training.fitting.tuning.trials import Budget, Trial

SPACE: dict[str, BaseDistribution] = {
    "C": CategoricalDistribution((0.003, 0.01, 0.03, 0.1, 0.3, 1.0)),
    "trees": IntDistribution(20, 400, log=True),
    "leaves": IntDistribution(2, MAX_LEAVES),
    "learning_rate": FloatDistribution(0.01, 0.3, log=True),
    "min_child_samples": IntDistribution(5, 200, log=True),
    "column_share": FloatDistribution(0.2, 1.0),
    "l2": FloatDistribution(0.1, 100.0, log=True),
}
"""What is searched. More leaves than MAX_LEAVES could not be explained exactly and fast."""
STARTUP = 10
"""Trials drawn at random before TPE learns from them; the first of all is the settings in use without a search."""

Loss = Callable[[Settings], Array]


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
    """Try settings until the budget is used up; trials of the same `key` in `file` count, those of another do not."""
    with _open_study(file, key, tell) as study:
        trials = [_trial(found, settings) for found in _complete(study)]
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
            _try_one(study, len(trials), loss_by_household, rows, settings, clock)
            trials = [_trial(found, settings) for found in _complete(study)]
            best = min(trial.log_loss for trial in trials)
            tell(f"tuning: trial {len(trials)} of {budget.trials}, log loss {trials[-1].log_loss:.4f}, best {best:.4f}")
        return trials[: budget.trials]


def flat(settings: Settings) -> dict[str, float]:
    """The settings that are searched, by name."""
    return {name: settings.C if name == "C" else getattr(settings.trees, name) for name in SPACE}


@contextmanager
def _open_study(file: Path, key: str, tell: Callable[[str], None]) -> Iterator[optuna.Study]:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        storage = optuna.storages.RDBStorage(f"sqlite:///{file.resolve()}")
        names = [study.study_name for study in storage.get_all_studies()]
        study = optuna.create_study(storage=storage, study_name=key, load_if_exists=True)
    except (SQLAlchemyError, optuna.exceptions.OptunaError, RuntimeError) as error:
        raise TrainingError(
            f"{file} cannot be used as the file of a search ({type(error).__name__}); remove it or choose another --out"
        ) from None
    if names and key not in names:
        tell(f"{file.name} holds a search of other data or settings, which is left alone; a new one begins")
    try:
        for cut in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            study.tell(cut.number, state=TrialState.FAIL)
        yield study
    finally:
        storage.remove_session()
        storage.engine.dispose()


def _complete(study: optuna.Study) -> list[FrozenTrial]:
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def _try_one(
    study: optuna.Study, number: int, loss: Loss, rows: int, settings: Settings, clock: Callable[[], float]
) -> None:
    """One trial more: the first is the given settings, others are what TPE proposes."""
    begun = clock()
    if number == 0:
        found = loss(settings)
        first = optuna.trial.create_trial(
            params=flat(settings),
            distributions=SPACE,
            value=float(found.sum() / rows),
            user_attrs={"loss_by_household": _packed(found), "seconds": clock() - begun},
        )
        study.add_trial(first)
        return
    seed = int(np.random.SeedSequence([settings.seed, number]).generate_state(1)[0])
    study.sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=STARTUP)
    asked = study.ask(SPACE)
    found = loss(_settings_of(asked.params, settings))
    asked.set_user_attr("loss_by_household", _packed(found))
    asked.set_user_attr("seconds", clock() - begun)
    study.tell(asked, float(found.sum() / rows))


def _settings_of(params: dict[str, float], base: Settings) -> Settings:
    """A proposal as settings, in three significant digits: a card is read by people."""
    short = {name: value if isinstance(value, int) else float(f"{value:.3g}") for name, value in params.items()}
    return Settings(C=short.pop("C"), trees=TreeSettings(**short), seed=base.seed)  # type: ignore[arg-type]


def _trial(found: FrozenTrial, base: Settings) -> Trial:
    assert found.value is not None  # complete trials have one
    losses = np.frombuffer(base64.b64decode(found.user_attrs["loss_by_household"]), dtype="<f4").astype(float)
    return Trial(
        found.number, _settings_of(found.params, base), found.value, losses, float(found.user_attrs["seconds"])
    )


def _packed(losses: Array) -> str:
    return base64.b64encode(losses.astype("<f4").tobytes()).decode("ascii")
