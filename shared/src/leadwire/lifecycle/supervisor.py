"""One supervisor per process: start in order, watch, stop in reverse.

A component that dies takes the process with it. A half-dead service would go on
answering health checks while nothing is published; a dead one is restarted by
whatever runs it, and everything it owed is in its database.
"""

import asyncio
import signal
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import structlog

log = structlog.get_logger(__name__)


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
    stop_within: float


class Supervisor:
    """Starts components in the order they were added and stops them in reverse."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._started: list[_Entry] = []
        self._watchers: dict[asyncio.Task[None], str] = {}
        self._stop_requested = asyncio.Event()

    def add(
        self,
        name: str,
        component: Component,
        *,
        start_within: float = 60.0,
        stop_within: float = 30.0,
    ) -> None:
        """Register a component, to be started after those added before it.

        Args:
            name: Shown in logs and errors.
            component: What to start, watch and stop.
            start_within: Seconds after which a start counts as failed.
            stop_within: Seconds after which a stop is given up.
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
            ComponentFailedError: One did not start; those started before keep running
                until `stop`.
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
        """Stop what was started, in reverse order, each within its deadline."""
        while self._started:
            entry = self._started.pop()
            try:
                async with asyncio.timeout(entry.stop_within):
                    await entry.component.stop()
            except TimeoutError:
                log.error("component_stop_timed_out", component=entry.name)
            except Exception:
                # Every other component still has to be stopped: log it and go on.
                log.exception("component_stop_failed", component=entry.name)
        for watcher in self._watchers:
            watcher.cancel()
        if self._watchers:
            await asyncio.wait(self._watchers)
        self._watchers.clear()

    async def _start_one(self, entry: _Entry, stop: asyncio.Task[bool]) -> bool:
        starting = asyncio.create_task(entry.component.start(), name=f"start {entry.name}")
        await asyncio.wait(
            {starting, stop}, timeout=entry.start_within, return_when=asyncio.FIRST_COMPLETED
        )
        if not starting.done():
            starting.cancel()
            await asyncio.wait([starting])
            if stop.done():
                return False
            raise ComponentFailedError(
                f"{entry.name} did not start within {entry.start_within:g} s"
            )
        if (error := starting.exception()) is not None:
            raise ComponentFailedError(f"{entry.name} did not start: {error}") from error
        if isinstance(entry.component, _Watched):
            watcher = asyncio.create_task(entry.component.wait(), name=f"watch {entry.name}")
            self._watchers[watcher] = entry.name
        log.debug("component_started", component=entry.name)
        return not stop.done()

    def _raise_first_failure(self) -> None:
        for watcher in filter(asyncio.Task.done, self._watchers):
            name, error = self._watchers[watcher], watcher.exception()
            raise ComponentFailedError(f"{name} died: {error or 'it ended'}") from error
