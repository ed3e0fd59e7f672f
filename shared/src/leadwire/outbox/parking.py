"""Deliveries that were set aside, in the consumer's own schema."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from prometheus_client import CollectorRegistry, Counter

from leadwire.broker import Delivery
from leadwire.db import Connection, Database, Queries
from leadwire.outbox._rows import message_columns, shortened, storable

SOURCE_HEADER: Final = "ce-source"
"""Header that names a message's publisher; the body may be what cannot be read."""


class ParkedEvents:
    """The `parked` table as the place where a broker sets deliveries aside.

    Args:
        database: Of the service that consumes.
        registry: Where to register the counter of parked events.
    """

    def __init__(self, *, database: Database, registry: CollectorRegistry) -> None:
        self._database = database
        self._queries = Queries("leadwire.outbox.sql")
        self._parked = Counter(
            "leadwire_events_parked",
            "Deliveries set aside after their last attempt.",
            ["subscription", "type"],
            registry=registry,
        )

    async def park(self, delivery: Delivery, reason: str) -> None:
        """Store the delivery with its reason; a repetition keeps one entry.

        Whoever settles the delivery logs it, without the reason: that may quote its data.

        Raises:
            Exception: The database's; the delivery then is not acknowledged.
        """
        async with self._database.connection() as connection:
            await connection.execute(
                self._queries["park_delivery"],
                delivery.subscription,
                storable(delivery.message.headers.get(SOURCE_HEADER, "")),
                *message_columns(delivery.message),
                shortened(reason),
                delivery.attempt,
            )
        self._parked.labels(delivery.subscription, delivery.message.type).inc()


async def redact_parked(
    connection: Connection, *, mentioning: UUID, redacted: Callable[[str, bytes], bytes | None]
) -> None:
    """Take out of events that are set aside what may not be kept any more.

    Where a part of an event is kept, a fixed text replaces its reason, which may quote the rest.

    Args:
        connection: In the transaction that forgets it.
        mentioning: Id that stands in the body of each event concerned.
        redacted: Gives the body to keep instead, by type and body; None if nothing may be kept.
    """
    queries = Queries("leadwire.outbox.sql")
    for row, event_type, body in await connection.fetch(
        queries["find_parked_mentioning"], mentioning
    ):
        kept = redacted(event_type, body)
        if kept is None:
            await connection.execute(queries["delete_parked"], row)
        elif kept != body:
            await connection.execute(queries["replace_parked_body"], row, kept)
