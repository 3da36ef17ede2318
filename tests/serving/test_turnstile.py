"""Where work is done, and how much of it at once."""

import threading

import anyio
import pytest

from graduasi_serving.problems import ServiceUnavailable
from graduasi_serving.turnstile import Turnstile


@pytest.mark.parametrize("is_short", [True, False])
def test_only_long_work_goes_to_a_thread(is_short: bool) -> None:
    async def where() -> bool:
        turnstile = Turnstile(working=1, waiting=1)
        return await turnstile.run(threading.get_ident, is_short=is_short) == threading.get_ident()

    assert anyio.run(where) is is_short


@pytest.mark.parametrize("is_short", [True, False])
def test_short_and_long_work_alike_is_turned_away_when_too_much_waits(is_short: bool) -> None:
    async def refused() -> None:
        with pytest.raises(ServiceUnavailable):
            await Turnstile(working=0, waiting=0).run(threading.get_ident, is_short=is_short)

    anyio.run(refused)
