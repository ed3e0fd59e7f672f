"""Handle each event once: the inbox row and the effect in one transaction.

A broker delivers at least once. The handler made here writes `(subscription, source,
event id)` into the inbox in the same transaction as the effect, so that the second
delivery of an event finds the row and is acknowledged without an effect. The broker's
acknowledgement follows the commit; a crash between the two only costs a redelivery.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar
from uuid import UUID

from leadwire.broker import Ack, Delivery, Handler, Message, Park, Retry, Verdict
from leadwire.db import Connection, Database, Queries, is_transient
from leadwire.outbox._rows import shortened
from leadwire.outbox.errors import UnreadableError


class Identified(Protocol):
    """What an event that was read must tell: the two parts of its key."""

    @property
    def source(self) -> str:
        """Who published it."""
        ...

    @property
    def id(self) -> str | UUID:
        """Unique at its source."""
        ...


E = TypeVar("E", bound=Identified)


def transactional_handler(
    *,
    database: Database,
    subscription: str,
    read: Callable[[Message], E],
    apply: Callable[[Connection, E], Awaitable[None]],
) -> Handler:
    """Make a handler that gives every event exactly one effect.

    Args:
        database: The consumer's own; its schema has the outbox's tables.
        subscription: Name under which the inbox knows the event.
        read: Turns the message into an event. `UnreadableError` parks the delivery with
            the error's text as its reason.
        apply: The effect, in the transaction of the inbox row. What it raises rolls both
            back; the delivery is tried again.

    Returns:
        A handler for `Broker.subscribe`.
    """
    record = Queries("leadwire.outbox.sql")["record_receipt"]

    async def handle_once(event: E) -> None:
        async with database.transaction() as connection:
            if await connection.fetchval(record, subscription, event.source, str(event.id)):
                await apply(connection, event)

    async def handle(delivery: Delivery) -> Verdict:
        try:
            event = read(delivery.message)
        except UnreadableError as error:
            return Park(shortened(str(error)))
        try:
            await handle_once(event)
        except Exception as error:
            if not is_transient(error):
                raise
            return Retry(reason=type(error).__name__, excused=True)
        return Ack()

    return handle
