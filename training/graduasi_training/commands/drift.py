"""`graduasi drift`: whether a panel still looks like the one that the model was trained on."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from graduasi.commands.check import EVENTS, PANEL


def drift(
    panel: PANEL,
    events: EVENTS = None,
    model: Annotated[str, typer.Option(help="a bundle's folder, or a name the registry knows")] = "champion",
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="default: the latest known_on in the file; the latest as_of where that leaves fewer stale",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Compare a panel's latest snapshots with the training's: fields, scores, calibration. Exit 1 on alarm."""
    from graduasi.bundle.by_name import load_by_name
    from graduasi.commands.console import result, result_json, say
    from graduasi.dates import latest_today, to_day
    from graduasi.panel.events import read_events
    from graduasi.panel.files import parts_of
    from graduasi_training.drift.text import lines_of
    from graduasi_training.drift.watch import watch_panel

    parts_of(panel)
    bundle = load_by_name(model)
    day = None if as_of is None else to_day(as_of.date())
    today = latest_today(datetime.now(UTC))
    panel_events = read_events(events, bundle.programme, today=today)
    report = watch_panel(panel, panel_events, bundle=bundle, day=day, today=today)
    for warning in report["warnings"]:
        say(f"warning: {warning}")
    if as_json:
        result_json(report)
    else:
        result("\n".join(lines_of(report)))
    if report["status"] == "alarm":
        raise typer.Exit(1)
