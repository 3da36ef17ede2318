"""`graduasi check`: whether a panel, and events, keep the contract, and what is to be known of them before a model is trained."""

from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from graduasi.declarations.declarations import Declarations
    from graduasi.declarations.findings import Finding
    from graduasi.panel.events import Events
    from graduasi.panel.record import Panel

PANEL = Annotated[Path, typer.Argument(help="households.csv, households.parquet, or a folder of Parquet parts")]
EVENTS = Annotated[Path | None, typer.Option(help="events.csv or events.parquet")]
DICTIONARY = Annotated[Path | None, typer.Option(help="dictionary.toml; default: the shipped PKH dictionary")]
PROGRAMME = Annotated[Path | None, typer.Option(help="programme.toml; default: the shipped PKH programme")]
MORE_FINDINGS = "graduasi.findings"
"""The group of entry points that look further than the contract, such as for fields that hold the outcome.

Each is a function of panel, events and declarations that returns findings, and raises Refused for a programme that it cannot use.
"""


def check(
    panel: PANEL,
    events: EVENTS = None,
    dictionary: DICTIONARY = None,
    programme: PROGRAMME = None,
    as_json: Annotated[bool, typer.Option("--json", help="print counts and findings as JSON")] = False,
) -> None:
    """Check a panel, and events, against a dictionary and a programme; every fault is told at once."""
    from graduasi.commands.console import result, result_json, say
    from graduasi.dates import latest_today
    from graduasi.declarations.declarations import read_declarations
    from graduasi.declarations.findings import set_muted_apart
    from graduasi.declarations.shipped import default_dictionary, default_programme
    from graduasi.errors import Refused
    from graduasi.panel.drafting import draft_findings
    from graduasi.panel.events import events_of_strangers, read_events
    from graduasi.panel.files import read_table
    from graduasi.panel.table_contract import check_panel

    declarations = read_declarations(dictionary or default_dictionary(), programme or default_programme())
    faults: list[str] = []
    today = latest_today(datetime.now(UTC))
    try:
        snapshots, notes = check_panel(read_table(panel), declarations.dictionary, file=panel.name, today=today)
    except Refused as refusal:
        faults += refusal.reasons
    try:
        panel_events = read_events(events, declarations.programme, today=today)
    except Refused as refusal:
        faults += refusal.reasons
    if faults:
        raise Refused(faults)
    strangers = events_of_strangers(panel_events, snapshots.household_id, file=events.name if events else "events")
    found = [
        *draft_findings(declarations),
        *notes.findings(),
        *strangers,
        *_more_findings(snapshots, panel_events, declarations),
    ]
    standing, muted = set_muted_apart(found, declarations.programme.muted)
    counts = {
        "snapshots": len(snapshots),
        "households": int(snapshots.household.max()) + 1,
        "events": len(panel_events),
    }
    for finding in standing:
        say(f"warning: {finding['text']} [{finding['code']}]")
    for set_apart in muted:
        say(f"muted: {set_apart['code']}: {set_apart['reason']}")
    if as_json:
        result_json({"panel": panel.name, **counts, "findings": standing, "muted": muted})
        return
    result(
        f"{panel.name}: {counts['snapshots']:,} snapshots of {counts['households']:,} households and {counts['events']:,} events keep the contract"
    )


def _more_findings(panel: "Panel", events: "Events", declarations: "Declarations") -> "list[Finding]":
    """What installed packages find in a panel that keeps the contract; nothing in an install without training."""
    found: list[Finding] = []
    for entry in entry_points(group=MORE_FINDINGS):
        try:
            find = entry.load()
        except ModuleNotFoundError:
            continue
        found += find(panel, events, declarations)
    return found
