"""graduasi serve: the web service."""

from typing import Annotated

import typer

KEEP_ALIVE_SECONDS = 15
SHUTDOWN_SECONDS = 30  # on SIGTERM, requests that are being answered get this long
HEALTH_CHECK_SECONDS = 30  # a worker that loads a model on a busy machine is slow to answer its parent, but not dead


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on; 127.0.0.1 is this machine only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 1,
) -> None:
    """Answer over HTTP: scores for systems, lists for mentors. Settings: graduasi settings."""
    import logging.config

    import uvicorn

    from graduasi_serving.commands.environment import read_settings
    from graduasi_serving.web.logs import logging_settings

    logging.config.dictConfig(logging_settings())
    trusted_proxies = read_settings().trusted_proxies
    _refuse_unusable_database()
    if workers > 1:
        _refuse_damaged_models()
    uvicorn.run(
        "graduasi_serving.app:app_from_environment",
        factory=True,
        http="graduasi_serving.web.protocol:StrictHttp",
        ws="none",
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=trusted_proxies,
        host=host,
        port=port,
        workers=workers,
        access_log=False,
        log_config=logging_settings(),
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        timeout_worker_healthcheck=HEALTH_CHECK_SECONDS,
    )


def _refuse_unusable_database() -> None:
    """Raise Refused for a database that lacks the tables. One that does not answer is only warned of: it may come back.

    Also warns if other users of the machine may read the database file.
    """
    from sqlalchemy.exc import OperationalError

    from graduasi_serving.commands.environment import open_engine
    from graduasi_serving.database.engine import database_file, is_private
    from graduasi_serving.database.migration import require_current
    from graduasi_serving.web.logs import FAULT_LOG

    with open_engine() as engine:
        try:
            require_current(engine)
        except OperationalError:
            FAULT_LOG.warning("the database does not answer yet; /health/ready will say when it does")
        file = database_file(engine)
        if file is not None and file.exists() and not is_private(file):
            FAULT_LOG.warning(
                "others on this machine may read the database, and so the key that signs tokens: chmod 600"
            )


def _refuse_damaged_models() -> None:
    """Raise BundleError for a damaged model. Otherwise each worker would fail on it and be started again without end."""
    from graduasi_serving.commands.environment import read_settings
    from graduasi_serving.scoring.loaded_models import load_models

    load_models(read_settings())
