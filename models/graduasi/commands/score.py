"""`graduasi score`: scores with reasons for a file of any size."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from graduasi.commands.check import EVENTS, PANEL

OLD_DAYS = 180


def score(
    panel: PANEL,
    out: Annotated[Path, typer.Argument(help="scores.parquet or scores.csv")],
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
    from graduasi.batch.finished_parts import Job
    from graduasi.batch.score_file import score_file
    from graduasi.bundle.by_name import load_by_name
    from graduasi.commands.console import progress_bar, result, say
    from graduasi.dates import from_day, to_day
    from graduasi.panel.events import read_events
    from graduasi.panel.files import parts_of

    parts_of(panel)
    bundle = load_by_name(model)
    day = None if as_of is None else to_day(as_of.date())
    job = Job(
        panel,
        out,
        bundle,
        read_events(events, bundle.programme),
        events_file=events,
        as_of=day,
        reasons=reasons,
        resume=resume,
    )
    if events is None and bundle.programme.programme.ends:
        say("warning: without --events, families that have left the programme are scored as if they were still in it")
    with progress_bar("scoring") as progress:
        report = score_file(job, progress=progress)
    if resume:
        say(f"resumed: {report.resumed} of {report.households} households")
    for warning in (
        *report.warnings,
        *_age_warnings(report.as_of, report.scored, report.bands.get("stale", 0), to_day(date.today())),
    ):
        say(f"warning: {warning}")
    bands = ", ".join(f"{band} {count:,}" for band, count in sorted(report.bands.items()))
    result(
        f"{out}: {report.scored:,} of {report.households:,} households scored as of {from_day(report.as_of)} with {bundle.version} ({bands})"
    )


def _age_warnings(as_of: int, scored: int, stale: int, today: int) -> list[str]:
    found = []
    if today - as_of > OLD_DAYS:
        found.append(f"the as-of date is {today - as_of} days ago; scores describe the families as they were then")
    if stale * 2 > scored:
        found.append(f"{stale:,} of {scored:,} households are stale: their last visit is too old to propose anyone")
    return found
