"""`graduasi models`, `promote` and `rollback`: which version serves."""

from typing import Annotated

import typer

ALIAS = Annotated[str, typer.Option(help="the alias that serving asks for")]


def models(as_json: Annotated[bool, typer.Option("--json", help="print one JSON array")] = False) -> None:
    """List the registered versions and their aliases."""
    from dataclasses import asdict

    from graduasi.console import result, result_json
    from graduasi_training.registry import versions

    found = versions()
    if as_json:
        result_json([asdict(entry) for entry in found])
        return
    for entry in found:
        marks = ", ".join(entry.aliases) + (" · synthetic data" if entry.synthetic else "")
        result(f"{entry.name}  version {entry.version}  {entry.digest[:12]}  {marks}")
    if not found:
        result("no version is registered; train one first")


def promote(
    version: Annotated[str, typer.Argument(help="a version number, or NAME/NUMBER")], alias: ALIAS = "champion"
) -> None:
    """Make a version the champion, if it passes the gates."""
    from datetime import UTC, datetime

    from graduasi.console import result
    from graduasi_training.registry import promote as give

    chosen = give(version, alias=alias, when=datetime.now(UTC))
    result(f"{chosen.name} version {chosen.version} is {alias} now")


def rollback(alias: ALIAS = "champion") -> None:
    """Give the alias back to the version that had it before."""
    from datetime import UTC, datetime

    from graduasi.console import result
    from graduasi_training.registry import rollback as give_back

    chosen = give_back(alias=alias, when=datetime.now(UTC))
    result(f"{chosen.name} version {chosen.version} is {alias} again")
