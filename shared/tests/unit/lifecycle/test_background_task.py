import asyncio

import pytest

from leadwire.lifecycle import BackgroundTask
from leadwire.lifecycle.task import LoopEndedError
from leadwire.testing import eventually

WITHIN = 20


class Loop:
    """A loop that notes what happens to it."""

    def __init__(self, error: Exception | None = None) -> None:
        self.runs = 0
        self.cancelled = 0
        self.error = error
        self.release = asyncio.Event()

    async def body(self) -> None:
        self.runs += 1
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error is not None:
            raise self.error


async def test_runs_from_start_to_stop() -> None:
    loop = Loop()
    task = BackgroundTask(name="loop", body=loop.body)

    await task.start()
    await eventually(lambda: loop.runs == 1)
    await task.stop()

    assert loop.cancelled == 1


async def test_stop_without_start_and_double_stop_do_no_harm() -> None:
    loop = Loop()
    task = BackgroundTask(name="loop", body=loop.body)

    await task.stop()
    await task.start()
    await eventually(lambda: loop.runs == 1)
    await asyncio.gather(task.stop(), task.stop())
    await task.stop()

    assert loop.cancelled == 1


async def test_cannot_be_started_twice_at_once() -> None:
    task = BackgroundTask(name="loop", body=Loop().body)
    await task.start()

    with pytest.raises(RuntimeError, match="loop is running already"):
        await task.start()

    await task.stop()


async def test_can_be_started_again_after_a_stop() -> None:
    loop = Loop()
    task = BackgroundTask(name="loop", body=loop.body)

    await task.start()
    await eventually(lambda: loop.runs == 1)
    await task.stop()
    await task.start()
    await eventually(lambda: loop.runs == 2)

    await task.stop()


async def test_wait_returns_after_a_stop() -> None:
    task = BackgroundTask(name="loop", body=Loop().body)
    await task.start()
    waiting = asyncio.create_task(task.wait())

    await task.stop()

    await asyncio.wait_for(waiting, WITHIN)


async def test_wait_raises_what_ended_the_loop() -> None:
    loop = Loop(error=ValueError("broken"))
    task = BackgroundTask(name="loop", body=loop.body)
    await task.start()

    loop.release.set()

    with pytest.raises(ValueError, match="broken"):
        await asyncio.wait_for(task.wait(), WITHIN)


async def test_a_loop_that_returns_is_a_failure() -> None:
    loop = Loop()
    task = BackgroundTask(name="loop", body=loop.body)
    await task.start()

    loop.release.set()

    with pytest.raises(LoopEndedError, match="ended by itself"):
        await asyncio.wait_for(task.wait(), WITHIN)


async def test_a_failure_while_stopping_is_not_raised_but_looked_at(
    caplog: pytest.LogCaptureFixture,
) -> None:
    entered = asyncio.Event()

    async def fails_when_cancelled() -> None:
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("broken while stopping")

    task = BackgroundTask(name="loop", body=fails_when_cancelled)
    await task.start()
    await entered.wait()

    await task.stop()
    await task.wait()

    del task
    assert "never retrieved" not in caplog.text
