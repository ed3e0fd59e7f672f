import asyncio

import pytest
from structlog.testing import capture_logs

from leadwire.lifecycle import PeriodicTask
from leadwire.testing import eventually


class Rounds:
    """Does what it is told, one entry a call; then nothing more is to be done."""

    def __init__(self, *outcomes: bool | Exception) -> None:
        self.outcomes = list(outcomes)
        self.calls = 0

    async def __call__(self) -> bool:
        self.calls += 1
        outcome = self.outcomes.pop(0) if self.outcomes else False
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def loop_of(body: Rounds, *, interval: float) -> PeriodicTask:
    return PeriodicTask(
        name="probe",
        interval=interval,
        body=body,
        passes=lambda error: isinstance(error, TimeoutError),
    )


async def test_goes_on_at_intervals_until_it_is_stopped() -> None:
    rounds = Rounds()
    loop = loop_of(rounds, interval=0.01)
    await loop.start()
    await eventually(lambda: rounds.calls >= 3)
    await loop.stop()
    await loop.wait()
    calls = rounds.calls
    await asyncio.wait_for(loop.wait(), timeout=20)
    assert rounds.calls == calls


async def test_does_at_once_what_is_left_to_do() -> None:
    rounds = Rounds(True, True)
    loop = loop_of(rounds, interval=3600)
    await loop.start()
    await eventually(lambda: rounds.calls == 3)
    await loop.stop()


async def test_does_at_once_what_it_is_hastened_to_do() -> None:
    rounds = Rounds()
    loop = loop_of(rounds, interval=3600)
    loop.hasten()
    await loop.start()
    await eventually(lambda: rounds.calls == 1)
    loop.hasten()
    await eventually(lambda: rounds.calls == 2)
    await loop.stop()


async def test_hastened_while_it_works_it_does_so_once_more() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    calls = 0

    async def work() -> bool:
        nonlocal calls
        calls += 1
        begun.set()
        await go_on.wait()
        return False

    loop = PeriodicTask(name="probe", interval=3600, body=work, passes=lambda _: False)
    await loop.start()
    await begun.wait()
    loop.hasten()
    go_on.set()
    await eventually(lambda: calls == 2)
    await loop.stop()


async def test_an_error_that_passes_is_logged_and_waited_out() -> None:
    rounds = Rounds(TimeoutError())
    loop = loop_of(rounds, interval=0.01)
    with capture_logs() as lines:
        await loop.start()
        await eventually(lambda: rounds.calls >= 2)
    await loop.stop()
    failed = {
        "event": "loop_round_failed",
        "log_level": "warning",
        "loop": "probe",
        "error": "TimeoutError",
    }
    assert failed in lines


async def test_any_other_error_ends_the_loop() -> None:
    rounds = Rounds(ValueError("broken"))
    loop = loop_of(rounds, interval=0.01)
    await loop.start()
    with pytest.raises(ValueError, match="broken"):
        await loop.wait()
    assert rounds.calls == 1
