"""Where a turnstile runs work, and how much of it at the same time."""

import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import anyio
import pytest

from graduasi_serving.web.problems import ServiceUnavailable
from graduasi_serving.web.turnstile import Turnstile

Answer = TypeVar("Answer")


def run(work: Callable[[], Awaitable[Answer]]) -> Answer:
    """Run `work` in a loop of its own thread: the browser tests keep a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(anyio.run, work).result()


@pytest.mark.parametrize("is_short", [True, False])
def test_only_long_work_goes_to_a_thread(is_short: bool) -> None:
    async def where() -> bool:
        turnstile = Turnstile(working=1, waiting=1)
        return await turnstile.run(threading.get_ident, is_short=is_short) == threading.get_ident()

    assert run(where) is is_short


@pytest.mark.parametrize("is_short", [True, False])
def test_work_that_is_done_makes_room_for_more_even_if_it_failed(is_short: bool) -> None:
    def fail() -> None:
        raise ValueError("failed")

    async def work() -> int:
        turnstile = Turnstile(working=1, waiting=0)
        for _ in range(2):
            with pytest.raises(ValueError, match="failed"):
                await turnstile.run(fail, is_short=is_short)
        return await turnstile.run(threading.get_ident, is_short=is_short)

    assert run(work) > 0


@pytest.mark.parametrize("is_short", [True, False])
def test_short_and_long_work_alike_is_turned_away_when_too_much_waits(is_short: bool) -> None:
    async def refused() -> None:
        with pytest.raises(ServiceUnavailable):
            await Turnstile(working=0, waiting=0).run(threading.get_ident, is_short=is_short)

    run(refused)
