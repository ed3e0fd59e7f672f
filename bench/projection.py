"""Catching up: events that waited while stream-svc was down, taken into the projection.

They wait in its queue on RabbitMQ. `projection` is an event of its own for each lead, as when
managers work; `projection-import` is what an import says of the same leads, many in an event.
Each is measured from the first commit on, so that the start of the process does not count.
"""

import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from bench.figures import Figure
from bench.servers import Servers
from bench.stream_service import SOURCE, contacts, empty_projection, imported, running_stream
from leadwire.broker import Accepted, Message, broker_from_url
from leadwire.contracts import (
    Contact,
    EventData,
    LeadUpdated,
    new_event,
    to_message,
)
from leadwire.db import Connection
from leadwire.testing import eventually

LEADS: Final = 1_000_000
WITHIN: Final = 1800.0
_AT_ONCE: Final = 500


async def measure_projection(servers: Servers) -> Sequence[Figure]:
    """Return what is taken in a second: leads of an import, then events of single leads."""
    leads = list(contacts(LEADS))
    async with empty_projection(servers) as (url, connection):
        await _publish(servers, imported(leads))
        taken = await _caught_up(servers, url, connection, changes=LEADS)
        await _publish(servers, (LeadUpdated(lead=_next(each)) for each in leads))
        changed = await _caught_up(servers, url, connection, changes=LEADS)
    return [
        Figure(name="projection", value=changed, unit="events/s"),
        Figure(name="projection-import", value=taken, unit="leads/s"),
    ]


def _next(lead: Contact) -> Contact:
    return lead.model_copy(update={"rev": lead.rev + 1, "name": "Ada"})


async def _publish(servers: Servers, data: Iterator[EventData]) -> None:
    broker = broker_from_url(servers.rabbitmq_url, name="bench")
    await broker.start()
    try:
        messages = (to_message(new_event(each, source=SOURCE)) for each in data)
        while batch := list[Message](islice(messages, _AT_ONCE)):
            outcomes = await broker.publish(batch)
            if not all(isinstance(outcome, Accepted) for outcome in outcomes):
                raise RuntimeError("an event was not accepted")
    finally:
        await broker.stop()


async def _caught_up(servers: Servers, url: str, connection: Connection, *, changes: int) -> float:
    """Start the service and wait until it has taken so many; return how many in a second."""

    async def position() -> int:
        return int(await connection.fetchval("SELECT pos FROM head"))

    begun_at = await position()

    async def begun() -> int:
        now = await position()
        return now if now > begun_at else 0

    async def complete() -> bool:
        return await position() == begun_at + changes

    await servers.checkpoint()
    async with running_stream(servers, url):
        first = await eventually(begun, within=60)
        started = time.perf_counter()
        await eventually(complete, within=WITHIN)
        return (begun_at + changes - first) / (time.perf_counter() - started)
