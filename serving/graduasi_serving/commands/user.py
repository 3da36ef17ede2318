"""graduasi user: people who read the pages."""

import sys
from typing import Annotated

import typer

app = typer.Typer(help="People who read the pages.", no_args_is_help=True)


PASSWORD_STDIN = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input, never from the command line.")
]
NAME = Annotated[str, typer.Argument(help="The name to sign in with.")]


@app.command()
def add(
    name: NAME,
    role: Annotated[
        str, typer.Option(help="mentor: their own list · supervisor: lists of an area · admin: all lists.")
    ],
    mentor_id: Annotated[str | None, typer.Option(help="For a mentor: the mentor_id of the scores.")] = None,
    area: Annotated[
        str | None, typer.Option(help="For a supervisor: the code of the area, which holds those below it.")
    ] = None,
    password_stdin: PASSWORD_STDIN = False,
) -> None:
    """Register a person; the password is the first line of standard input."""
    from graduasi.commands.console import say
    from graduasi_serving.accounts.accounts import add_user
    from graduasi_serving.commands.environment import database_session, utc_now
    from graduasi_serving.pages.publishing import has_current_list

    password = _read_password(password_stdin)
    with database_session() as session:
        add_user(session, name, role=role, mentor_id=mentor_id, area=area, password=password, now=utc_now())
        has_list = mentor_id is None or has_current_list(session, mentor_id)
    say(f"{name}: added as {role}")
    if not has_list:
        say(f"warning: no list is published for mentor_id {mentor_id}; it is written as it stands in the scores")


@app.command()
def password(name: NAME, password_stdin: PASSWORD_STDIN = False) -> None:
    """Give a person another password, the first line of standard input; every browser is signed out."""
    from graduasi.commands.console import say
    from graduasi_serving.accounts.accounts import change_password
    from graduasi_serving.commands.environment import database_session

    new_password = _read_password(password_stdin)
    with database_session() as session:
        change_password(session, name, new_password)
    say(f"{name}: has another password, and is signed out everywhere")


@app.command()
def remove(name: NAME) -> None:
    """Remove a person, who is signed out at once; published lists stay."""
    from graduasi.commands.console import say
    from graduasi_serving.accounts.accounts import remove_user
    from graduasi_serving.commands.environment import database_session

    with database_session() as session:
        remove_user(session, name)
    say(f"{name}: removed")


@app.command("list")
def list_users() -> None:
    """Show everybody: name, role, and the mentor_id or area."""
    from sqlalchemy import select

    from graduasi.commands.console import result
    from graduasi_serving.commands.environment import database_session
    from graduasi_serving.database.people import User

    with database_session() as session:
        for user in session.scalars(select(User).order_by(User.name)):
            result(f"{user.name}  {user.role}  {user.mentor_id or user.area or 'all'}")


def _read_password(password_stdin: bool) -> str:
    """The first line of standard input. Raises BadParameter without --password-stdin, and for bytes that are not UTF-8."""
    if not password_stdin:
        raise typer.BadParameter(
            "give --password-stdin and the password on standard input", param_hint="--password-stdin"
        )
    password = (
        sys.stdin.readline().rstrip("\r\n").removeprefix("\ufeff")
    )  # the byte order mark that some editors write first
    if any(
        0xDC80 <= ord(character) <= 0xDCFF for character in password
    ):  # surrogates: Python read bytes that are not UTF-8
        raise typer.BadParameter("the password is not UTF-8 text", param_hint="--password-stdin")
    return password
