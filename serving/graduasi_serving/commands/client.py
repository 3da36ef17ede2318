"""graduasi client: programs that call the HTTP interface."""

from dataclasses import asdict
from typing import Annotated

import typer

app = typer.Typer(help="Programs that call the HTTP interface.", no_args_is_help=True)


@app.callback()
def client() -> None:
    """Keep `add` a word of its own: typer drops the name of an only command."""


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What the program is called here.")],
    scope: Annotated[list[str], typer.Option(help="What it may do: score:write, model:read … Repeat for several.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Register a program and print its id and secret. The secret is shown this once and not kept."""
    from graduasi.console import result, result_json
    from graduasi_serving.accounts import add_client
    from graduasi_serving.commands.environment import database_session, utc_now

    with database_session() as session:
        made = add_client(session, name, scopes=scope, now=utc_now())
    if as_json:
        result_json(asdict(made))
    else:
        result(f"client_id      {made.client_id}\nclient_secret  {made.client_secret}")
