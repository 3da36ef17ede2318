"""`graduasi check`: whether a panel, and events, keep the contract."""

from pathlib import Path
from typing import Annotated

import typer

PANEL = Annotated[Path, typer.Argument(help="households.csv, households.parquet, or a folder of Parquet parts")]
EVENTS = Annotated[Path | None, typer.Option(help="events.csv or events.parquet")]
DICTIONARY = Annotated[Path | None, typer.Option(help="dictionary.toml; default: the shipped PKH dictionary")]
PROGRAMME = Annotated[Path | None, typer.Option(help="programme.toml; default: the shipped PKH programme")]


def check(panel: PANEL, events: EVENTS = None, dictionary: DICTIONARY = None, programme: PROGRAMME = None) -> None:
    """Check a panel, and events, against a dictionary and a programme; every fault is told at once."""
    from graduasi.commands.console import result, say
    from graduasi.declarations.declarations import read_declarations
    from graduasi.declarations.shipped import default_dictionary, default_programme
    from graduasi.errors import Refused
    from graduasi.panel.drafting import draft_warnings
    from graduasi.panel.events import read_events
    from graduasi.panel.files import read_table
    from graduasi.panel.table_contract import check_panel

    declarations = read_declarations(dictionary or default_dictionary(), programme or default_programme())
    faults: list[str] = []
    try:
        snapshots, notes = check_panel(read_table(panel), declarations.dictionary, file=panel.name)
    except Refused as refusal:
        faults += refusal.reasons
    try:
        panel_events = read_events(events, declarations.programme)
    except Refused as refusal:
        faults += refusal.reasons
    if faults:
        raise Refused(faults)
    for warning in (*draft_warnings(declarations), *notes.sentences()):
        say(f"warning: {warning}")
    result(
        f"{panel.name}: {len(snapshots):,} snapshots of {snapshots.household.max() + 1:,} households and {len(panel_events):,} events keep the contract"
    )
