"""One supervisor per process: start in order, watch, stop in reverse.

A component that dies takes the process with it. A half-dead service would go on
answering health checks while nothing is published; a dead one is restarted by
whatever runs it, and everything it owed is in its database.

Whatever runs a process kills it when its stop takes too long. Each part of one that reaches
neither its database nor its broker waits for as long as it may, one after another; so they have
one time together, and who comes late is cut. It loses nothing by that: a kill would do the same.
"""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol, runtime_checkable

import structlog

log = structlog.get_logger(__name__)

STOPS_WITHIN: Final = 25.0
"""Seconds that the stops of components may take together."""

_LEAST: Final = 0.2
"""Seconds for a stop when that time is used up: enough for one that waits for nobody."""


@runtime_checkable
class Component(Protocol):
    """A part of a process that is started and stopped.

    A component may also have `async def wait()`, which returns once it was stopped and
    raises if it died: then the supervisor watches it.
    """

    async def start(self) -> None:
        """Return when the component is ready to be used by those started after it."""
        ...

    async def stop(self) -> None:
        """Release everything. Called without `start` or twice, it does no harm."""
        ...


@runtime_checkable
class _Watched(Protocol):
    async def wait(self) -> None: ...


class ComponentFailedError(Exception):
    """A component could not be started, or died while the process ran."""


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    component: Component
    start_within: float
    stop_within: float | None


class Supervisor:
    """Starts components in the order they were added and stops them in reverse.

    Args:
        stops_within: Seconds that stops may take together, but for those with their own limit.
    """

    def __init__(self, *, stops_within: float = STOPS_WITHIN) -> None:
        self._left_to_stop = stops_within
        self._entries: list[_Entry] = []
        self._started: list[_Entry] = []
        self._watchers: dict[asyncio.Task[None], str] = {}
        self._stop_requested = asyncio.Event()
        self._stopping = asyncio.Lock()

    def add(
        self,
        name: str,
        component: Component,
        *,
        start_within: float = 60.0,
        stop_within: float | None = None,
    ) -> None:
        """Register a component, to be started after those added before it.

        Args:
            name: Shown in logs and errors.
            component: What to start, watch and stop.
            start_within: Seconds after which a start counts as failed.
            stop_within: Seconds after which a stop is given up; by default it is one of those that
                share their time.
        """
        self._entries.append(_Entry(name, component, start_within, stop_within))

    def request_stop(self) -> None:
        """Ask `run` to stop everything and return."""
        self._stop_requested.set()

    async def run(self) -> None:
        """Start everything, run until asked to stop or until a component dies, stop all.

        Raises:
            ComponentFailedError: A component failed to start, or died; its own
                exception is the cause.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.request_stop)
        try:
            await self.start()
            await self.wait()
        finally:
            await self.stop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    async def start(self) -> None:
        """Start every component in order; a stop request ends the start early.

        Raises:
            ComponentFailedError: One did not start, or one that was started died
                meanwhile; the others keep running until `stop`.
        """
        stop = asyncio.create_task(self._stop_requested.wait(), name="stop requested")
        try:
            for entry in self._entries:
                # An entry counts as started from here: a half-done start is stopped too.
                self._started.append(entry)
                if not await self._start_one(entry, stop):
                    return
        finally:
            stop.cancel()

    async def wait(self) -> None:
        """Return when a stop was requested.

        Raises:
            ComponentFailedError: A component died before.
        """
        stop = asyncio.create_task(self._stop_requested.wait(), name="stop requested")
        try:
            await asyncio.wait({stop, *self._watchers}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.cancel()
        if not self._stop_requested.is_set():
            self._raise_first_failure()

    async def stop(self) -> None:
        """Stop what was started, in reverse order, each within its deadline.

        A second call, also at the same time, returns when everything is stopped.
        """
        async with self._stopping:
            while self._started:
                entry = self._started.pop()
                await self._in_its_time(entry, partial(_stop, entry))
            await self._dismiss_watchers()

    async def _start_one(self, entry: _Entry, stop: asyncio.Task[bool]) -> bool:
        """Return False if a stop was requested before or while the component started."""
        starting = asyncio.create_task(entry.component.start(), name=f"start {entry.name}")
        try:
            await asyncio.wait(
                {starting, stop, *self._watchers},
                timeout=entry.start_within,
                return_when=asyncio.FIRST_COMPLETED,
            )
            finished = starting.done()
        finally:
            await self._in_its_time(entry, partial(_cancel, starting))
        if finished:
            _raise_if_not_started(entry, starting)
            self._watch(entry)
            log.debug("component_started", component=entry.name)
        if stop.done():
            return False
        self._raise_first_failure()
        if not finished:
            raise ComponentFailedError(
                f"{entry.name} did not start within {entry.start_within:g} s"
            )
        return True

    async def _in_its_time(self, entry: _Entry, end: Callable[[float], Awaitable[None]]) -> None:
        """End a component within the limit of its own, or within what is left of the common one."""
        if entry.stop_within is not None:
            await end(entry.stop_within)
            return
        began = time.monotonic()
        await end(max(self._left_to_stop, _LEAST))
        self._left_to_stop -= time.monotonic() - began

    def _watch(self, entry: _Entry) -> None:
        if isinstance(entry.component, _Watched):
            watcher = asyncio.create_task(entry.component.wait(), name=f"watch {entry.name}")
            self._watchers[watcher] = entry.name

    def _raise_first_failure(self) -> None:
        for watcher in filter(asyncio.Task.done, list(self._watchers)):
            name, error = self._watchers.pop(watcher), _error_of(watcher)
            raise ComponentFailedError(f"{name} died: {error or 'it ended'}") from error

    async def _dismiss_watchers(self) -> None:
        watchers, self._watchers = self._watchers, {}
        for watcher, name in watchers.items():
            await _cancel(watcher, within=1.0)
            if (error := _error_of(watcher)) is not None:
                log.error("component_died", component=name, exc_info=error)


async def _stop(entry: _Entry, within: float) -> None:
    stopping = asyncio.create_task(entry.component.stop(), name=f"stop {entry.name}")
    try:
        await asyncio.wait([stopping], timeout=within)
        timed_out = not stopping.done()
    finally:
        # A stop that does not even end when cancelled must not keep the others waiting.
        await _cancel(stopping, within=1.0)
    if timed_out:
        log.error("component_stop_timed_out", component=entry.name, within_s=within)
    elif (error := _error_of(stopping)) is not None:
        # Every other component still has to be stopped: log it and go on.
        log.error("component_stop_failed", component=entry.name, exc_info=error)


async def _cancel(task: asyncio.Task[None], within: float) -> None:
    """Cancel a task that is not done, and give it a bounded time to end."""
    if not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=within)
        _error_of(task)  # looked at, or asyncio complains that nobody did


def _error_of(task: asyncio.Task[None]) -> BaseException | None:
    return task.exception() if task.done() and not task.cancelled() else None


def _raise_if_not_started(entry: _Entry, starting: asyncio.Task[None]) -> None:
    if starting.cancelled():
        raise ComponentFailedError(f"{entry.name} did not start: it was cancelled")
    if (error := starting.exception()) is not None:
        raise ComponentFailedError(f"{entry.name} did not start: {error}") from error
