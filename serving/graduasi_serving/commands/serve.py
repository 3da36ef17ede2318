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
    import os
    import signal
    import sys

    from graduasi_serving.commands.environment import read_settings
    from graduasi_serving.commands.workers import run_server
    from graduasi_serving.scoring.own_copies import own_copies
    from graduasi_serving.web.logs import logging_settings

    logging.config.dictConfig(logging_settings())
    settings = read_settings()
    _refuse_unusable_database()
    # uvicorn passes SIGTERM on to this process once it has answered what was asked; ended so, it ended well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with own_copies(settings) as copies:
        os.environ.update(copies)
        run_server(
            "graduasi_serving.app:app_from_environment",
            factory=True,
            http="graduasi_serving.web.protocol:StrictHttp",
            ws="none",
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=settings.trusted_proxies,
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
