"""Notice that a dedicated connection is gone, also when the network says nothing."""

import asyncio

import structlog

from leadwire.db.errors import LOST_IN_USE
from leadwire.db.session import DedicatedConnection

log = structlog.get_logger(__name__)

BEAT_EVERY = 2.0
ANSWER_WITHIN = 4.0
"""With `BEAT_EVERY`, a loss is noticed after 6 s at most: before the server, which
waits for `LOCK_HOLDER.user_timeout` = 9 s, gives the connection's locks to another."""

CLOSE_WITHIN = 2.0


async def until_lost(connection: DedicatedConnection) -> None:
    """Return as soon as the connection is closed or does not answer any more."""
    closed = asyncio.Event()
    connection.add_termination_listener(lambda _: closed.set())
    while not connection.is_closed():
        try:
            async with asyncio.timeout(BEAT_EVERY):
                await closed.wait()
        except TimeoutError:
            if not await _answers(connection):
                return


async def close(connection: DedicatedConnection) -> None:
    """Close the connection, politely if it still answers, and in any case."""
    try:
        await connection.close(timeout=CLOSE_WITHIN)
    except LOST_IN_USE:
        connection.terminate()


async def _answers(connection: DedicatedConnection) -> bool:
    try:
        await connection.fetchval("SELECT 1", timeout=ANSWER_WITHIN)
    except LOST_IN_USE as error:
        log.warning("database_connection_silent", error=type(error).__name__)
        return False
    return True
