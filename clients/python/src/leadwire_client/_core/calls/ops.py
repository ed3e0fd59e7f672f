"""What is asked about how services stand, and about parked events."""

from typing import Final
from urllib.parse import quote

from leadwire_client._core.calls.making import delete, get, path_of, query_of, write
from leadwire_client._core.wire import Call, Query
from leadwire_client.models import Page
from leadwire_client.ops import ParkedDecision, ParkedEvent, Requeued, ServiceStatus

BATCH: Final = 500
"""Events that are requeued with one request."""


def chosen(*, subscription: str | None, event_type: str | None, place: str | None) -> Query:
    """Say which parked events."""
    return query_of(subscription=subscription, type=event_type, place=place)


def status(service: str) -> Call[ServiceStatus]:
    """Read how a service stands."""
    return get(path_of("ops", service, "status"), ServiceStatus)


def parked(service: str, *, which: Query, at: Query) -> Call[Page[ParkedEvent]]:
    """Read a page of parked events."""
    return get(path_of("ops", service, "parked"), Page[ParkedEvent], (*which, *at))


def parked_event(service: str, parked_id: str) -> Call[ParkedEvent]:
    """Read a parked event, with its body."""
    return get(_one(service, parked_id), ParkedEvent)


def requeue(service: str, parked_id: str) -> Call[ParkedDecision]:
    """Requeue a parked event."""
    return write("POST", f"{_one(service, parked_id)}/requeue", ParkedDecision)


def requeue_some(service: str, *, which: Query, cursor: str | None) -> Call[Requeued]:
    """Requeue a batch of parked events."""
    place = query_of(limit=BATCH, cursor=cursor)
    path = path_of("ops", service, "parked", "requeue")
    return write("POST", path, Requeued, query=(*which, *place))


def discard(service: str, parked_id: str, *, reason: str) -> Call[None]:
    """Discard a parked event."""
    return delete(_one(service, parked_id), query=query_of(reason=reason))


def decisions(service: str, *, at: Query) -> Call[Page[ParkedDecision]]:
    """Read a page of what was done with parked events."""
    return get(path_of("ops", service, "decisions"), Page[ParkedDecision], at)


def _one(service: str, parked_id: str) -> str:
    return path_of("ops", service, "parked", quote(parked_id, safe=""))
