"""graduasi db: the database's tables."""

import typer

app = typer.Typer(help="The service's database.", no_args_is_help=True)


@app.callback()
def db() -> None:
    """Keep `upgrade` a word of its own: typer drops the name of an only command."""


@app.command()
def upgrade() -> None:
    """Bring the database (GRADUASI_DATABASE_URL) to the tables this version needs. Safe to repeat."""
    from sqlalchemy.exc import OperationalError

    from graduasi.console import say
    from graduasi.errors import Refused
    from graduasi_serving.commands.environment import read_settings, utc_now
    from graduasi_serving.database import migration
    from graduasi_serving.database.engine import open_database

    engine = open_database(read_settings().database_url.get_secret_value())
    address = engine.url.render_as_string(hide_password=True)
    try:
        migration.upgrade(engine, now=utc_now())
    except OperationalError:
        raise Refused(f"{address}: the database does not answer, or may not be written") from None
    finally:
        engine.dispose()
    say(f"{address}: up to date")
