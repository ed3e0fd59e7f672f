"""Be woken by NOTIFY, over a connection of its own that comes back after every loss.

A notification only wakes: those sent while the connection was down are lost, so
whoever listens also polls, and is woken after every reconnect.
"""

import asyncio
from collections.abc import Callable, Sequence
from random import SystemRandom

import structlog

from leadwire.db import heartbeat
from leadwire.db.database import Database
from leadwire.db.errors import (
    LOST_IN_USE,
    DatabaseRefusedError,
    DatabaseUnavailableError,
)
from leadwire.lifecycle import BackgroundTask

log = structlog.get_logger(__name__)

PAUSE = (0.1, 1.0)
"""Seconds between two connections, at random, so that a herd does not return at once."""


class Listener:
    """Listens on channels, for as long as it runs.

    Channels belong to the whole database: name them after the service's schema.

    Args:
        database: Where to listen.
        channels: Names of the channels.
        on_notify: Called with channel and payload of each notification, and with
            `(channel, "")` after each connect, for what may have been missed. It must
            not block, as setting an event does not.
    """

    def __init__(
        self,
        *,
        database: Database,
        channels: Sequence[str],
        on_notify: Callable[[str, str], None],
    ) -> None:
        self._database = database
        self._channels = tuple(channels)
        self._on_notify = on_notify
        self._task = BackgroundTask(name=f"listen {','.join(channels)}", body=self._run)

    async def start(self) -> None:
        """Begin to listen in the background; the first connect wakes as well."""
        await self._task.start()

    async def stop(self) -> None:
        """Stop listening and close the connection."""
        await self._task.stop()

    async def wait(self) -> None:
        """Return once stopped; raise what ended the loop otherwise."""
        await self._task.wait()

    async def _run(self) -> None:
        while True:
            try:
                await self._listen_until_lost()
            except DatabaseRefusedError:
                raise
            except (DatabaseUnavailableError, *LOST_IN_USE) as error:
                log.warning("listener_unconnected", error=type(error).__name__)
            await asyncio.sleep(SystemRandom().uniform(*PAUSE))

    async def _listen_until_lost(self) -> None:
        connection = await self._database.dedicated(purpose="listen")
        try:
            for channel in self._channels:
                await connection.add_listener(channel, self._notified)
            for channel in self._channels:
                self._on_notify(channel, "")
            await heartbeat.until_lost(connection)
            log.warning("listener_connection_lost", channels=self._channels)
        finally:
            await heartbeat.close(connection)

    def _notified(self, _connection: object, _pid: int, channel: str, payload: object) -> None:
        self._on_notify(channel, str(payload))
