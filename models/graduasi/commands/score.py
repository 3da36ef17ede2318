"""`graduasi score`: scores a panel of any size, with reasons."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graduasi.commands.check import EVENTS, PANEL

if TYPE_CHECKING:
    from graduasi.batch.score_file import Report

OLD_DATE_DAYS = 180
"""An as-of date longer ago is warned of."""


def score(
    panel: PANEL,
    out: Annotated[Path, typer.Argument(help="scores.parquet or scores.csv")],
    *,
    events: EVENTS = None,
    model: Annotated[str, typer.Option(help="a bundle's folder, or a name the registry knows")] = "champion",
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="default: the latest known_on in the file")
    ] = None,
    reasons: Annotated[int, typer.Option(min=1, max=100, help="how many reasons a household")] = 5,
    resume: Annotated[
        bool, typer.Option("--resume", help="keep what an interrupted run of the same work has finished")
    ] = False,
) -> None:
    """Score every household of the cohort, Parquet or CSV to Parquet or CSV, with bounded memory."""
    from graduasi.batch.job import Job
    from graduasi.batch.score_file import score_file
    from graduasi.bundle.by_name import load_by_name
    from graduasi.commands.console import progress_bar, result, say
    from graduasi.dates import from_day, latest_today, to_day
    from graduasi.panel.events import read_events
    from graduasi.panel.files import parts_of

    parts_of(panel)  # refuses a panel that is not there, before the model is loaded
    bundle, today = load_by_name(model), latest_today(datetime.now(UTC))
    job = Job(
        panel,
        out,
        bundle,
        read_events(events, bundle.programme, today=today),
        events_file=events,
        as_of=None if as_of is None else to_day(as_of.date()),
        today=today,
        reasons=reasons,
        resume=resume,
    )
    if events is None and bundle.programme.programme.ends:
        say("warning: without --events, families that have left the programme are scored as if they were still in it")
    with progress_bar("scoring") as progress:
        report = score_file(job, progress=progress)
    if resume:
        say(f"resumed: {report.resumed} of {report.households} households")
    for warning in (*report.warnings, *_age_warnings(report, today=today)):
        say(f"warning: {warning}")
    bands = ", ".join(f"{band} {count:,}" for band, count in sorted(report.bands.items()))
    result(
        f"{out}: {report.scored:,} of {report.households:,} households scored as of {from_day(report.as_of)} with {bundle.version} ({bands})"
    )


def _age_warnings(report: "Report", *, today: int) -> list[str]:
    """What to say if the as-of date is to come or long ago, or if most households are stale."""
    warnings = []
    days_ago, stale = today - report.as_of, report.bands.get("stale", 0)
    if days_ago < 0:
        warnings.append("the as-of date lies after today; families are taken as seen so much longer ago than they are")
    if days_ago > OLD_DATE_DAYS:
        warnings.append(f"the as-of date is {days_ago} days ago; scores describe the families as they were then")
    if stale * 2 > report.scored:
        warnings.append(
            f"{stale:,} of {report.scored:,} households are stale: their last visit is too old to propose anyone"
        )
    return warnings
