import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from leadwire.lifecycle import BackgroundTask, ComponentFailedError, Supervisor
from leadwire.testing import eventually

WITHIN = 20


class Part:
    """A component that writes down what happens to it."""

    def __init__(
        self,
        name: str,
        story: list[str],
        *,
        on_start: Callable[[], Awaitable[object]] | None = None,
        on_stop: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        self.name = name
        self.story = story
        self.on_start = on_start
        self.on_stop = on_stop

    async def start(self) -> None:
        self.story.append(f"start {self.name}")
        if self.on_start is not None:
            await self.on_start()

    async def stop(self) -> None:
        self.story.append(f"stop {self.name}")
        if self.on_stop is not None:
            await self.on_stop()
        self.story.append(f"stopped {self.name}")


async def fail() -> None:
    raise ValueError("broken")


async def hang() -> None:
    await asyncio.Event().wait()


def story_of(*names: str) -> tuple[list[str], Supervisor]:
    story: list[str] = []
    supervisor = Supervisor()
    for name in names:
        supervisor.add(name, Part(name, story))
    return story, supervisor


async def test_starts_in_order_and_stops_in_reverse() -> None:
    story, supervisor = story_of("a", "b", "c")

    await supervisor.start()
    await supervisor.stop()

    starts = ["start a", "start b", "start c"]
    assert story == [
        *starts,
        *("stop c", "stopped c", "stop b", "stopped b", "stop a", "stopped a"),
    ]


async def test_run_ends_when_asked_to_stop() -> None:
    story, supervisor = story_of("a")
    running = asyncio.create_task(supervisor.run())
    await eventually(lambda: story == ["start a"])

    supervisor.request_stop()
    await asyncio.wait_for(running, WITHIN)

    assert story == ["start a", "stop a", "stopped a"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_stops_everything(number: signal.Signals) -> None:
    story, supervisor = story_of("a")
    running = asyncio.create_task(supervisor.run())
    await eventually(lambda: story == ["start a"])

    os.kill(os.getpid(), number)
    await asyncio.wait_for(running, WITHIN)

    assert story == ["start a", "stop a", "stopped a"]


async def test_the_death_of_a_component_ends_the_run_and_stops_the_others() -> None:
    story, supervisor = story_of("a")
    die = asyncio.Event()

    async def body() -> None:
        await die.wait()
        raise ValueError("broken")

    supervisor.add("loop", BackgroundTask(name="loop", body=body))
    running = asyncio.create_task(supervisor.run())
    await eventually(lambda: story == ["start a"])

    die.set()
    with pytest.raises(ComponentFailedError, match="loop died: broken") as caught:
        await asyncio.wait_for(running, WITHIN)

    assert isinstance(caught.value.__cause__, ValueError)
    assert story == ["start a", "stop a", "stopped a"]


async def test_a_component_that_ends_by_itself_ends_the_run() -> None:
    supervisor = Supervisor()

    async def body() -> None:
        return

    supervisor.add("loop", BackgroundTask(name="loop", body=body))

    with pytest.raises(ComponentFailedError, match="loop died"):
        await asyncio.wait_for(supervisor.run(), WITHIN)


async def test_a_component_that_dies_while_others_start_ends_the_start() -> None:
    story: list[str] = []
    supervisor = Supervisor()
    supervisor.add("loop", BackgroundTask(name="loop", body=fail))
    supervisor.add("slow", Part("slow", story, on_start=hang))

    with pytest.raises(ComponentFailedError, match="loop died: broken"):
        await asyncio.wait_for(supervisor.run(), WITHIN)

    assert story == ["start slow", "stop slow", "stopped slow"]


async def test_a_failed_start_stops_what_was_started_also_the_failed_one() -> None:
    story, supervisor = story_of("a")
    supervisor.add("b", Part("b", story, on_start=fail))
    supervisor.add("c", Part("c", story))

    with pytest.raises(ComponentFailedError, match="b did not start: broken"):
        await supervisor.run()

    assert story == ["start a", "start b", "stop b", "stopped b", "stop a", "stopped a"]


async def test_a_start_has_a_deadline() -> None:
    story: list[str] = []
    supervisor = Supervisor()
    supervisor.add("slow", Part("slow", story, on_start=hang), start_within=0.05)

    with pytest.raises(ComponentFailedError, match=r"slow did not start within 0\.05 s"):
        await asyncio.wait_for(supervisor.run(), WITHIN)

    assert story[-1] == "stopped slow"


async def test_a_stop_request_ends_a_start_that_takes_long() -> None:
    story: list[str] = []
    supervisor = Supervisor()
    supervisor.add("slow", Part("slow", story, on_start=hang))
    supervisor.add("next", Part("next", story))
    running = asyncio.create_task(supervisor.run())
    await eventually(lambda: story == ["start slow"])

    supervisor.request_stop()
    await asyncio.wait_for(running, WITHIN)

    assert story == ["start slow", "stop slow", "stopped slow"]


async def test_a_stop_has_a_deadline_and_the_others_are_stopped_all_the_same() -> None:
    story, supervisor = story_of("a")
    supervisor.add("stuck", Part("stuck", story, on_stop=hang), stop_within=0.05)
    await supervisor.start()

    await asyncio.wait_for(supervisor.stop(), WITHIN)

    assert story[-3:] == ["stop stuck", "stop a", "stopped a"]


async def test_stops_that_all_hang_share_one_deadline() -> None:
    """As where neither database nor broker answers: the process ends before it is killed."""
    story: list[str] = []
    supervisor = Supervisor(stops_within=0.5)
    supervisor.add("a", Part("a", story))
    for name in ("database", "broker", "consumer"):
        supervisor.add(name, Part(name, story, on_stop=hang))
    supervisor.add("http", Part("http", story, on_stop=hang), stop_within=0.05)
    await supervisor.start()

    with capture_logs() as logs:
        await asyncio.wait_for(supervisor.stop(), WITHIN)

    given = [each["within_s"] for each in logs if each["event"] == "component_stop_timed_out"]
    assert given[:2] == pytest.approx([0.05, 0.5], abs=0.1), "the server has its own time"
    assert len(given) == 4
    assert max(given[2:]) < 0.3, "the first one has used the time up"
    assert story[-4:] == ["stop broker", "stop database", "stop a", "stopped a"]


async def test_a_stop_that_ignores_cancellation_keeps_nobody_waiting() -> None:
    story, supervisor = story_of("a")
    released = asyncio.Event()

    async def hang_even_when_cancelled() -> None:
        while not released.is_set():
            with suppress(asyncio.CancelledError):
                await released.wait()

    stubborn = Part("stubborn", story, on_stop=hang_even_when_cancelled)
    supervisor.add("stubborn", stubborn, stop_within=0.05)
    await supervisor.start()

    await asyncio.wait_for(supervisor.stop(), WITHIN)

    assert "stopped stubborn" not in story
    assert story[-1] == "stopped a"
    released.set()


async def test_a_stop_that_fails_does_not_keep_the_others_from_stopping() -> None:
    story, supervisor = story_of("a")
    supervisor.add("b", Part("b", story, on_stop=fail))
    await supervisor.start()

    await supervisor.stop()

    assert story[-2:] == ["stop a", "stopped a"]


async def test_stop_without_start_does_nothing() -> None:
    story, supervisor = story_of("a")

    await supervisor.stop()

    assert story == []


async def test_two_stops_at_once_keep_the_order_and_both_wait() -> None:
    story: list[str] = []
    release = asyncio.Event()
    supervisor = Supervisor()
    supervisor.add("a", Part("a", story))
    supervisor.add("b", Part("b", story, on_stop=release.wait))
    await supervisor.start()

    both = asyncio.gather(supervisor.stop(), supervisor.stop())
    await eventually(lambda: "stop b" in story)
    release.set()
    await both
    await supervisor.stop()

    assert story[2:] == ["stop b", "stopped b", "stop a", "stopped a"]


async def test_cancelling_the_run_stops_everything() -> None:
    story, supervisor = story_of("a")
    supervisor.add("slow", Part("slow", story, on_start=hang))
    running = asyncio.create_task(supervisor.run())
    await eventually(lambda: story == ["start a", "start slow"])

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, WITHIN)

    assert story[-2:] == ["stop a", "stopped a"]
