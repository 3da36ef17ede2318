"""graduasi user: people who read the pages."""

import sys
from typing import Annotated

import typer

app = typer.Typer(help="People who read the pages.", no_args_is_help=True)


@app.callback()
def user() -> None:
    """Keep `add` a word of its own: typer drops the name of an only command."""


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The name to sign in with.")],
    role: Annotated[str, typer.Option(help="mentor: the own list · supervisor: lists of an area · admin: all lists.")],
    mentor_id: Annotated[str | None, typer.Option(help="For a mentor: the mentor_id of the scores.")] = None,
    area: Annotated[
        str | None, typer.Option(help="For a supervisor: the code of the area, which holds those below it.")
    ] = None,
    password_stdin: Annotated[
        bool,
        typer.Option("--password-stdin", help="Read the password from standard input, never from the command line."),
    ] = False,
) -> None:
    """Register a person; the password is the first line of standard input."""
    from graduasi.console import say
    from graduasi_serving.accounts import add_user
    from graduasi_serving.commands.environment import database_session, utc_now

    if not password_stdin:
        raise typer.BadParameter(
            "give --password-stdin and the password on standard input", param_hint="--password-stdin"
        )
    password = sys.stdin.readline().rstrip("\r\n")
    with database_session() as session:
        add_user(session, name, role=role, mentor_id=mentor_id, area=area, password=password, now=utc_now())
    say(f"{name}: added as {role}")
