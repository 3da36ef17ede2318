"""`graduasi init`: drafts a dictionary and a programme for a panel."""

from pathlib import Path
from typing import Annotated

import typer

from graduasi.commands.check import PANEL


def init(
    panel: PANEL, out: Annotated[Path, typer.Argument(help="a folder for dictionary.toml and programme.toml")]
) -> None:
    """Draft dictionary.toml and programme.toml from a panel's columns, to be completed by hand."""
    from graduasi.commands.console import result
    from graduasi.errors import Refused
    from graduasi.panel.drafting import write_drafts
    from graduasi.panel.files import read_table

    for name in ("dictionary.toml", "programme.toml"):
        if (out / name).exists():
            raise Refused(f"{out / name}: there is one already; init never overwrites work done by hand")
    write_drafts(read_table(panel), out, panel.stem)
    result(
        f"{out}: dictionary.toml and programme.toml drafted; complete them by hand, then run: graduasi check {panel} --dictionary … --programme …"
    )
