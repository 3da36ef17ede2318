"""graduasi db: the database's tables."""

import typer

app = typer.Typer(help="The service's database.", no_args_is_help=True)


@app.callback()
def db() -> None:
    """Keep `upgrade` a word of its own: typer drops the name of an only command."""


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
