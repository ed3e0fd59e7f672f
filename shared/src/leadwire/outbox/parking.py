"""Deliveries that were set aside, in the consumer's own schema.

What is erased stays erased: an erasure takes it out of what is parked, and keeps its id, by which
a delivery that is parked later is redacted before it is stored. The two exclude each other by an
advisory lock, so that neither misses what the other has not committed yet.
"""

from collections.abc import Callable
from typing import Final, TypeAlias
from uuid import UUID

import structlog
from prometheus_client import CollectorRegistry, Counter

from leadwire.broker import Delivery
from leadwire.db import Connection, Database, Queries
from leadwire.outbox._rows import message_columns, shortened, storable

log = structlog.get_logger(__name__)

SOURCE_HEADER: Final = "ce-source"
"""Header that names a message's publisher; the body may be what cannot be read."""

WITHHELD: Final = "withheld: it may quote what was taken out of the event"
"""The reason of an event of which a part was taken out."""

Redaction: TypeAlias = Callable[[str, bytes], bytes | None]
"""Gives the body to keep instead, by type and body; None if nothing may be kept."""


class ParkedEvents:
    """The `parked` table as the place where a broker sets deliveries aside.

    Args:
        database: Of the service that consumes.
        registry: Where to register the counter of parked events.
        redaction_for: Makes what takes something erased out of an event, by its id; None where
            nothing is ever erased.
    """

    def __init__(
        self,
        *,
        database: Database,
        registry: CollectorRegistry,
        redaction_for: Callable[[UUID], Redaction] | None = None,
    ) -> None:
        self._database = database
        self._redaction_for = redaction_for
        self._queries = Queries("leadwire.outbox.sql")
        self._parked = Counter(
            "leadwire_events_parked",
            "Deliveries set aside after their last attempt.",
            ["subscription"],
            registry=registry,
        )

    async def park(self, delivery: Delivery, reason: str) -> None:
        """Store the delivery with its reason; a repetition, which says the same, keeps one entry.

        Of one that tells of something erased, only what may be kept is stored; nothing, if
        nothing may be. Whoever settles the delivery logs it, without the reason: that may quote
        its data.

        Raises:
            Exception: The database's; the delivery then is not acknowledged.
        """
        message = delivery.message
        event_id, event_type, content_type, body, headers = message_columns(message)
        async with self._database.transaction() as connection:
            await connection.execute(self._queries["lock_for_parking"])
            kept = await self._redacted(connection, event_type, body)
            if kept is None:
                log.info("parked_event_withheld", event_id=message.id, event_type=message.type)
                return
            await connection.execute(
                self._queries["park_delivery"],
                delivery.subscription,
                storable(message.headers.get(SOURCE_HEADER, "")),
                event_id,
                event_type,
                content_type,
                kept,
                headers,
                shortened(reason) if kept == body else WITHHELD,
                delivery.attempt,
            )
        self._parked.labels(delivery.subscription).inc()

    async def _redacted(self, connection: Connection, event_type: str, body: bytes) -> bytes | None:
        if self._redaction_for is None:
            return body
        kept: bytes | None = body
        for each in await connection.fetch(self._queries["find_forgotten_in"], body):
            if kept is not None:
                kept = self._redaction_for(each["id"])(event_type, kept)
        return kept


async def redact_parked(connection: Connection, *, mentioning: UUID, redacted: Redaction) -> None:
    """Take out of events that are set aside what may not be kept any more, now and later.

    Where a part of an event is kept, a fixed text replaces its reason, which may quote the rest.

    Args:
        connection: In the transaction that forgets it.
        mentioning: Id that stands in the body of each event concerned.
        redacted: What takes it out.
    """
    queries = Queries("leadwire.outbox.sql")
    await connection.execute(queries["lock_for_forgetting"])
    await connection.execute(queries["remember_forgotten"], mentioning)
    for row, event_type, body in await connection.fetch(
        queries["find_parked_mentioning"], mentioning
    ):
        kept = redacted(event_type, body)
        if kept is None:
            await connection.execute(queries["delete_parked"], row)
        elif kept != body:
            await connection.execute(queries["replace_parked_body"], row, kept, WITHHELD)
