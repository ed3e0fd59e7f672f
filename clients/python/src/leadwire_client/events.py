"""What Leadwire publishes to other services: events, as CloudEvents 1.0 in structured JSON.

`read_event` gives an `Event`, whose `data` is one of the classes here, so that `match
event.data` finds out what happened. All are frozen. Members that are not known are ignored, a
value of an enumeration that is new is kept as it came, and the data of a type that is new
stays the mapping that it was: a later Leadwire breaks no consumer of today.

A *state* is one publisher's complete side of a thing, with the `rev` that grows with each
change of it: `Contact`, `Work`, `LeadTombstone`, `ManagerState`. Take the newer, drop the older.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from leadwire_client.errors import UnreadableEventError
from leadwire_client.event_data import (
    DATA_TYPES,
    Contact,
    EventData,
    EventType,
    InterestedLead,
    LeadAssigned,
    LeadErased,
    LeadInterestedCreated,
    LeadNotInterestedCreated,
    LeadReachedOut,
    LeadReleased,
    LeadsCreated,
    LeadTombstone,
    LeadUpdated,
    LeadWorked,
    LeadWorkUpdated,
    ManagerAdded,
    ManagerChanged,
    ManagerRemoved,
    ManagerState,
    ManagerStatus,
    ManagerUpdated,
    NotificationFailed,
    State,
    Work,
)
from leadwire_client.models import LeadStatus, ManagerRef, Origin

__all__ = [
    "DATA_TYPES",
    "MAX_EVENT_BYTES",
    "Contact",
    "Event",
    "EventData",
    "EventType",
    "InterestedLead",
    "LeadAssigned",
    "LeadErased",
    "LeadInterestedCreated",
    "LeadNotInterestedCreated",
    "LeadReachedOut",
    "LeadReleased",
    "LeadStatus",
    "LeadTombstone",
    "LeadUpdated",
    "LeadWorkUpdated",
    "LeadWorked",
    "LeadsCreated",
    "ManagerAdded",
    "ManagerChanged",
    "ManagerRef",
    "ManagerRemoved",
    "ManagerState",
    "ManagerStatus",
    "ManagerUpdated",
    "NotificationFailed",
    "Origin",
    "State",
    "UnreadableEventError",
    "Work",
    "read_event",
    "write_event",
]

MAX_EVENT_BYTES: Final = 65_536
"""No event of Leadwire is longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact that a service of Leadwire published.

    Attributes:
        id: With `source` the key to deduplicate by; a replayed event has its old one.
        source: Who published it, for example `leadwire/manager-svc`.
        data: What happened; a mapping if the type is not known here.
        subject: Id of the one lead or manager that it is about, if it is about one.
        sequence: The subject's `rev` at the publisher, in ten digits.
        traceparent: W3C trace context of the change.
    """

    id: str
    source: str
    type: EventType
    time: datetime
    data: EventData
    subject: str | None = None
    sequence: str | None = None
    traceparent: str | None = None


class _Envelope(msgspec.Struct):
    specversion: str
    id: str
    source: str
    type: EventType
    time: datetime
    data: msgspec.Raw
    subject: str | None = None
    sequence: str | None = None
    traceparent: str | None = None


def read_event(body: bytes) -> Event:
    """Read an event as it is delivered, by a broker or to a webhook.

    Raises:
        UnreadableEventError: Not JSON, not a CloudEvent 1.0, or data that does not fit.
    """
    try:
        envelope = msgspec.json.decode(body, type=_Envelope)
        data = msgspec.json.decode(
            envelope.data, type=DATA_TYPES.get(envelope.type, dict[str, Any])
        )
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        # Says where and what kind, never the value that was found.
        raise UnreadableEventError(str(error)) from None
    if envelope.specversion != "1.0" or not (envelope.id and envelope.source):
        raise UnreadableEventError("not a CloudEvent 1.0 with an id and a source")
    return Event(
        id=envelope.id,
        source=envelope.source,
        type=envelope.type,
        time=envelope.time,
        data=data,
        subject=envelope.subject,
        sequence=envelope.sequence,
        traceparent=envelope.traceparent,
    )


def write_event(event: Event) -> bytes:
    """Write an event as it is delivered; for tests and for copies of your own."""
    attributes = {
        "specversion": "1.0",
        "datacontenttype": "application/json",
        "dataschema": f"leadwire:{event.type}:1",
        **msgspec.to_builtins(event),
    }
    return msgspec.json.encode(
        {name: value for name, value in attributes.items() if value is not None}
    )
