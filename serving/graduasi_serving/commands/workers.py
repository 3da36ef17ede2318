"""Running uvicorn with workers that are replaced at once when they die.

The parent asks each worker for a sign of life over a pipe. It held the worker's end of the pipe too, so nothing told it
that a worker had died while it waited for the answer, and it waited for as long as a busy worker may take.
"""

from typing import Any

import uvicorn
from uvicorn.supervisors import multiprocess


class Worker(multiprocess.Process):
    """A worker of whose pipe the parent keeps only its own end: when the worker dies, reading the pipe ends."""

    def start(self) -> None:
        super().start()
        self.child_conn.close()


class Workers(multiprocess.Multiprocess):
    """Workers that share listening sockets, which are closed for good as soon as the end begins."""

    def terminate_all(self) -> None:
        super().terminate_all()
        for listening in self.sockets:
            listening.close()


def run_server(app: str, *, workers: int, **options: Any) -> None:
    """`uvicorn.run` with these options. More than one worker runs in processes of its own."""
    if workers == 1:
        uvicorn.run(app, workers=1, **options)
        return
    multiprocess.Process = Worker  # type: ignore[misc] # the supervisor makes its workers of this class, by name
    config = uvicorn.Config(app, workers=workers, **options)
    Workers(config, sockets=[config.bind_socket()]).run()
