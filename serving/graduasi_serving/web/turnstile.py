"""Letting only so many requests work at once and so many wait; the rest are turned away quickly."""

from collections.abc import Callable
from typing import TypeVar

import anyio
from anyio.to_thread import run_sync

from graduasi_serving.web.problems import ServiceUnavailable

Result = TypeVar("Result")


class Turnstile:
    """Runs work in threads, and short work where it stands.

    Without it an overload would queue without end, and every caller would time out.
    """

    def __init__(self, *, working: int, waiting: int) -> None:
        self._most = working + waiting
        self._working = working
        self._inside = 0
        self._limiter: anyio.CapacityLimiter | None = None

    async def run(self, work: Callable[[], Result], *, is_short: bool = False) -> Result:
        """The result of `work`, done in a thread unless it `is_short`. Raises ServiceUnavailable when too many wait already."""
        if self._inside >= self._most:
            raise ServiceUnavailable("too many requests are waiting", retry_after=1)
        if is_short:
            return work()
        if self._limiter is None:  # a limiter belongs to a running event loop, so it cannot be made any earlier
            self._limiter = anyio.CapacityLimiter(self._working)
        self._inside += 1
        try:
            return await run_sync(work, limiter=self._limiter)
        finally:
            self._inside -= 1
