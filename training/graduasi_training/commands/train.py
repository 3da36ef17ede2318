"""`graduasi train`: from a panel to a bundle that was judged, and a registered version of it."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graduasi.commands.check import DICTIONARY, EVENTS, PANEL, PROGRAMME

if TYPE_CHECKING:
    from graduasi_training.pipeline import Trained

TRUTH = Annotated[
    Path | None,
    typer.Option(help="truth.parquet of a simulation: estimates are held against it; nothing learns from it"),
]
LANGUAGE = Annotated[str | None, typer.Option(help="language of the card, id or en; default: the dictionary's first")]


def train(
    panel: PANEL,
    *,
    out: Annotated[Path, typer.Option(help="a folder for bundle/, evaluation.json, card.md and report.html")],
    events: EVENTS = None,
    dictionary: DICTIONARY = None,
    programme: PROGRAMME = None,
    tracking_uri: Annotated[
        str | None, typer.Option(help="MLflow store; default: GRADUASI_TRACKING_URI, else sqlite:///mlflow.db")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="the same data and seed give the same model")] = 0,
    tuning: Annotated[int, typer.Option(min=0, help="trials of a search over the settings; 0 takes the defaults")] = 0,
    tuning_minutes: Annotated[
        float | None,
        typer.Option(min=0.01, help="begin no trial after so many minutes; the same command goes on later"),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="also leave out areas one by one and try other seeds: some fifteen more fits")
    ] = False,
    truth: TRUTH = None,
    lang: LANGUAGE = None,
) -> None:
    """Fit, judge on later periods, and register a readiness model."""
    if tuning_minutes is not None and not (tuning and math.isfinite(tuning_minutes)):
        raise typer.BadParameter(
            "--tuning-minutes bounds a search: give a number of minutes, and --tuning TRIALS with it"
        )
    from datetime import UTC, datetime

    from graduasi.commands.console import result, say
    from graduasi.dates import latest_today
    from graduasi.declarations.shipped import default_dictionary, default_programme
    from graduasi_training.fitting.linear_and_trees import Settings
    from graduasi_training.fitting.tuning.trials import Budget
    from graduasi_training.pipeline import Inputs, refuse_unwritable
    from graduasi_training.pipeline import train as run_training
    from graduasi_training.registry.store import address_shown, registered_name, sqlite_file
    from graduasi_training.registry.store import tracking_uri as store_uri
    from graduasi_training.registry.tracking import log_run, refuse_deleted_experiment
    from graduasi_training.registry.versions import Act, actor, incumbent_of, make_challenger

    if lang not in (None, "id", "en"):
        raise typer.BadParameter("a card is written in id and en", param_hint="--lang")
    rules = dictionary or default_dictionary(), programme or default_programme()
    inputs = Inputs(panel, events, *rules, truth, today=latest_today(datetime.now(UTC)))
    budget = Budget(tuning, tuning_minutes) if tuning else None
    uri, settings = store_uri(tracking_uri), Settings(seed=seed)
    if (file := sqlite_file(uri)) is not None:
        refuse_unwritable(file.parent)
    refuse_deleted_experiment(uri)
    trained = run_training(
        inputs, out, settings=settings, tell=say, tuning=budget, full=full, language=lang,
        in_service=lambda trained_programme: incumbent_of(trained_programme.name, uri),
    )  # fmt: skip
    say(f"writing the run to the MLflow store {address_shown(uri)}")
    version = log_run(trained, uri=uri)
    make_challenger(
        registered_name(trained.study.programme.name), version, act=Act(actor(), datetime.now(UTC)), uri=uri
    )
    result(f"{out}: version {version}, {_summary(trained)}")


def _summary(trained: "Trained") -> str:
    """What was chosen, and how well the procedure did on the last test date."""
    from graduasi_training.report.tables import rate_digits

    fold = trained.evaluation["folds"][-1]
    figures, rate = fold["candidates"]["champion"], fold["base_rate"]
    primary = trained.evaluation["primary_metric"]
    synthetic = " (synthetic data)" if trained.study.dictionary.synthetic else ""
    return (
        f"{trained.fitted.chosen}; the procedure on {fold['test_as_of']}{synthetic}: AUC {figures['auc']:.3f} "
        f"({figures['auc_low']:.3f} to {figures['auc_high']:.3f}), {primary.replace('_', ' ')} {figures[primary]:.3f}, base rate {rate:.{rate_digits(rate)}f}"
    )
