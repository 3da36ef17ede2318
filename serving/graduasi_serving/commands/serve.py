"""graduasi serve: the web service."""

from typing import Annotated

import typer

KEEP_ALIVE_SECONDS = 15
DRAIN_SECONDS = 30  # on SIGTERM, requests under way get this long
HEALTH_SECONDS = 30  # a worker that is loading a model on a busy machine is slow to answer its parent, not dead


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on; 127.0.0.1 is this machine only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 1,
) -> None:
    """Answer over HTTP: scores for systems, lists for mentors. Settings: graduasi settings."""
    import logging.config

    import uvicorn

    from graduasi_serving.logs import logging_settings

    logging.config.dictConfig(logging_settings())
    _refuse_an_old_database()
    uvicorn.run(
        "graduasi_serving.app:app_from_environment",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        access_log=False,
        log_config=logging_settings(),
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        timeout_worker_healthcheck=HEALTH_SECONDS,
    )


def _refuse_an_old_database() -> None:
    """A database without the tables is somebody's mistake and said at once; one that is down may come back."""
    from sqlalchemy.exc import SQLAlchemyError

    from graduasi_serving.commands.environment import read_settings
    from graduasi_serving.database.engine import open_database
    from graduasi_serving.database.migration import require_current
    from graduasi_serving.logs import FAULT_LOG

    engine = open_database(read_settings().database_url.get_secret_value())
    try:
        require_current(engine)
    except SQLAlchemyError:
        FAULT_LOG.warning("the database does not answer yet; /health/ready will say when it does")
    finally:
        engine.dispose()
