"""Deliveries that were set aside, in the consumer's own schema."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter

from leadwire.broker import Delivery
from leadwire.db import Database, Queries
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
