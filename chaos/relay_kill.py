"""Kill a relay after the broker's confirm and before the delete.

No code of the product takes part. The witness's gate, a trigger before the removal from an outbox,
waits for a lock that is held here. A relay removes what the broker confirmed, and nothing else: so
once its removal waits, it stands at that line. Its process is killed, and then its session in the
database ended, which would carry the removal out otherwise as soon as the lock is free. What is
left is what a kill between the two leaves: events that the broker has and the outbox too.
"""

import re
from collections.abc import Sequence
from typing import Final

import aiohttp
import asyncpg

from chaos.cluster import Replica
from chaos.witness import QUERIES, connected
from leadwire.db.errors import LOST_IN_USE
from leadwire.testing import eventually

_AT_THE_GATE_WITHIN: Final = 15.0
_LEADS: Final = re.compile(r"^leadwire_outbox_leader(\{.*\})? 1\.0$", re.MULTILINE)


class MissedError(Exception):
    """A fault did not happen, since another one came in its way."""


async def kill_relay(admin_database: str, *, service: str, replicas: Sequence[Replica]) -> int:
    """Kill whichever replica publishes, at that line; return how many events stay in the outbox.

    Raises:
        MissedError: Nothing was published meanwhile, or the database went away.
    """
    try:
        async with connected(admin_database) as connection:
            await connection.execute(
                "SELECT pg_advisory_lock(hashtext('witness ' || $1))", service, timeout=10
            )
            relay = await eventually(
                lambda: connection.fetchval(QUERIES["list_waiting_at_gate"], service),
                within=_AT_THE_GATE_WITHIN,
            )
            leader = await _leader(replicas)
            await leader.process.kill()
            return await _end_session(connection, relay, service)
    except AssertionError:
        raise MissedError("no relay came to the gate") from None
    except (*LOST_IN_USE, aiohttp.ClientError) as error:
        raise MissedError(type(error).__name__) from error


async def _leader(replicas: Sequence[Replica]) -> Replica:
    """Return the replica that says that it publishes."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        for replica in replicas:
            if replica.process.is_running and _LEADS.search(await _metrics(session, replica)):
                return replica
    raise MissedError("no replica says that it publishes")


async def _metrics(session: aiohttp.ClientSession, replica: Replica) -> str:
    async with session.get(f"{replica.process.url}/metrics") as response:
        return await response.text()


async def _end_session(connection: asyncpg.Connection, relay: int, service: str) -> int:
    await connection.execute("SELECT pg_terminate_backend($1, 5000)", relay)
    left: int = await connection.fetchval(f"SELECT count(*) FROM {service}.outbox")  # noqa: S608
    if not left:
        raise MissedError("the outbox was empty after all")
    return left
