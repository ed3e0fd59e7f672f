"""The journal of events, and deliveries, for a client that blocks."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from leadwire_client._core.calls import journal as calls
from leadwire_client._sync.caller import Caller
from leadwire_client.journal import Delivery, JournalEntry


class JournalOperations(Caller):
    """What can be asked about what was told to others."""

    def journal(
        self,
        *,
        types: Iterable[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[JournalEntry]:
        """Give events as the journal keeps them.

        Args:
            types: Of these types; by default of any.
            since: Received then or later.
            until: Received before.
        """
        wanted = tuple(types)
        return self._all(lambda at: calls.journal(types=wanted, since=since, until=until, at=at))

    def deliveries(self, *, status: str | None = None) -> Iterator[Delivery]:
        """Give messages to people outside, and what became of them."""
        return self._all(lambda at: calls.deliveries(status=status, at=at))
