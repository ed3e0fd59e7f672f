"""The journal of events, and deliveries, for a client for asyncio."""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime

from leadwire_client._async.caller import AsyncCaller
from leadwire_client._core.calls import journal as calls
from leadwire_client._core.calls.making import Id
from leadwire_client.journal import Delivery, JournalCounts, JournalEntry


class AsyncJournalOperations(AsyncCaller):
    """What can be asked about what was told to others."""

    def journal(
        self,
        *,
        types: Iterable[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> AsyncIterator[JournalEntry]:
        """Give events as the journal keeps them.

        Args:
            types: Of these types; by default of any.
            since: Received then or later.
            until: Received before.
        """
        wanted = tuple(types)
        return self._all(lambda at: calls.journal(types=wanted, since=since, until=until, at=at))

    async def count_events(self, types: Iterable[str], *, minutes: int = 15) -> JournalCounts:
        """Count the events of some types that came in within each of the last minutes.

        Args:
            types: Of these types.
            minutes: How many minutes back from now, at most 60.
        """
        return await self._run(calls.count_events(types=types, minutes=minutes))

    def deliveries(
        self,
        *,
        status: str | None = None,
        webhook_id: Id | None = None,
        kind: str | None = None,
    ) -> AsyncIterator[Delivery]:
        """Give messages to people and programs outside, and what became of them.

        Args:
            status: `pending`, `delivered`, `parked` or `cancelled`.
            webhook_id: To this webhook.
            kind: `acknowledgement`, `alert` or `webhook`.
        """
        return self._all(
            lambda at: calls.deliveries(status=status, webhook_id=webhook_id, kind=kind, at=at)
        )

    async def discard_delivery(self, delivery_id: Id, *, reason: str) -> Delivery:
        """Give a parked delivery up for good; the reason is kept with it."""
        return await self._run(calls.discard_delivery(delivery_id, reason=reason))

    async def retry_delivery(self, delivery_id: Id) -> Delivery:
        """Have a delivery that is parked, or is to be tried later, tried now."""
        return await self._run(calls.retry_delivery(delivery_id))
