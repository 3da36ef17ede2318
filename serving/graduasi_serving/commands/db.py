"""graduasi db: the tables of the database."""

import typer

app = typer.Typer(help="The service's database.", no_args_is_help=True)


@app.callback()
def db() -> None:
    """Without this callback typer would drop the name `upgrade`, as it does with a single command."""


@app.command()
def upgrade() -> None:
    """Bring the database (GRADUASI_DATABASE_URL) to the tables this version needs. Safe to repeat."""
    from graduasi.commands.console import say
    from graduasi_serving.commands.environment import open_engine, utc_now
    from graduasi_serving.database import migration
    from graduasi_serving.database.engine import shown_address

    with open_engine() as engine:
        migration.upgrade(engine, now=utc_now())
        say(f"{shown_address(engine.url)}: up to date")
