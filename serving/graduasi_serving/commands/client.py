"""graduasi client: programs that call the HTTP interface."""

from dataclasses import asdict
from typing import Annotated

import typer

app = typer.Typer(help="Programs that call the HTTP interface.", no_args_is_help=True)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What the program is called here.")],
    scope: Annotated[list[str], typer.Option(help="What it may do: score:write, model:read … Repeat for several.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Register a program and print its id and secret. The secret is shown this once and not kept."""
    from graduasi.commands.console import result, result_json
    from graduasi_serving.accounts.accounts import add_client
    from graduasi_serving.commands.environment import database_session, utc_now

    with database_session() as session:
        credentials = add_client(session, name, scopes=scope, now=utc_now())
    if as_json:
        result_json(asdict(credentials))
    else:
        result(f"client_id      {credentials.client_id}\nclient_secret  {credentials.client_secret}")


@app.command()
def remove(client_id: Annotated[str, typer.Argument(help="As `graduasi client list` shows it.")]) -> None:
    """Remove a program, for example when its secret has leaked. Tokens it already has stay valid until they expire."""
    from graduasi.commands.console import say
    from graduasi_serving.accounts.accounts import remove_client
    from graduasi_serving.commands.environment import database_session, read_settings

    with database_session() as session:
        remove_client(session, client_id)
    say(f"{client_id}: removed; tokens it already has stay valid for at most {read_settings().token_minutes} minutes")


@app.command("list")
def list_clients() -> None:
    """Show every program: client_id, name and scopes."""
    from sqlalchemy import select

    from graduasi.commands.console import result
    from graduasi_serving.commands.environment import database_session
    from graduasi_serving.database.programs import Client

    with database_session() as session:
        for client in session.scalars(select(Client).order_by(Client.name, Client.made_at)):
            result(f"{client.id}  {client.name}  {' '.join(client.scopes)}")
