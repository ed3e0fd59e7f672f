"""What is asked about the journal of events, and about deliveries."""

from collections.abc import Iterable
from datetime import datetime

from leadwire_client._core.calls.making import Id, get, path_of, query_of, write
from leadwire_client._core.wire import Call, Query
from leadwire_client.filters import moment
from leadwire_client.journal import Delivery, JournalCounts, JournalEntry
from leadwire_client.models import Page


def journal(
    *, types: Iterable[str], since: datetime | None, until: datetime | None, at: Query
) -> Call[Page[JournalEntry]]:
    """Read a page of the journal."""
    received = {"from": moment("since", since), "to": moment("until", until)}
    named = tuple(("type", each) for each in types)
    return get("/v1/journal", Page[JournalEntry], (*named, *query_of(**received), *at))


def count_events(*, types: Iterable[str], minutes: int) -> Call[JournalCounts]:
    """Count events of the last minutes."""
    named = tuple(("type", each) for each in types)
    return get("/v1/journal/count", JournalCounts, (*named, *query_of(minutes=minutes)))


def deliveries(
    *, status: str | None, webhook_id: Id | None, kind: str | None, at: Query
) -> Call[Page[Delivery]]:
    """Read a page of deliveries."""
    query = query_of(status=status, webhook_id=webhook_id, kind=kind)
    return get("/v1/deliveries", Page[Delivery], (*query, *at))


def discard_delivery(delivery_id: Id, *, reason: str) -> Call[Delivery]:
    """Give a parked delivery up for good."""
    return write(
        "POST", path_of("deliveries", delivery_id, "discard"), Delivery, body={"reason": reason}
    )


def retry_delivery(delivery_id: Id) -> Call[Delivery]:
    """Have a delivery tried now."""
    return write("POST", path_of("deliveries", delivery_id, "retry"), Delivery)
