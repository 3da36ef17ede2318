"""Limiting how many requests are worked on at once and how many wait; any more are refused at once."""

from collections.abc import Callable
from typing import TypeVar

import anyio
from anyio.to_thread import run_sync

from graduasi_serving.web.problems import ServiceUnavailable

Result = TypeVar("Result")


class Turnstile:
    """Runs at most `working` pieces of work in threads, while at most `waiting` others wait for a thread.

    Without a limit an overload would queue without end, and every caller would time out.
    """

    def __init__(self, *, working: int, waiting: int) -> None:
        self.capacity = working + waiting
        self._working = working
        self._inside = 0
        self._limiter: anyio.CapacityLimiter | None = None

    async def run(self, work: Callable[[], Result], *, is_short: bool = False) -> Result:
        """The result of `work`. Raises ServiceUnavailable when too many wait already.

        Short work runs here, in the event loop: handing it to a thread would take longer than the work itself.
        """
        if self._inside >= self.capacity:
            raise ServiceUnavailable("too many requests are waiting", retry_after=1)
        if is_short:
            return work()
        if self._limiter is None:  # it belongs to the running event loop, so it cannot be made in __init__
            self._limiter = anyio.CapacityLimiter(self._working)
        self._inside += 1
        try:
            return await run_sync(work, limiter=self._limiter)
        finally:
            self._inside -= 1
