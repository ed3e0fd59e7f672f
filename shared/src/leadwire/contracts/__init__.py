"""The events that the services tell each other and other teams.

The only room of the shared library that knows what a lead is. `vocabulary` holds the
words, `payloads` what each event says, `events` the CloudEvents envelope and how to
read and write it, `samples` one golden sample of every event, `tags` the names of a lead's
versions, `identity` what its id alone says, `redaction` what may be kept of an event once leads are
erased.
"""

from leadwire.contracts.errors import (
    EventTooLargeError,
    UnknownEventTypeError,
    UnreadableEventError,
)
from leadwire.contracts.events import (
    MAX_EVENT_BYTES,
    Envelope,
    Event,
    new_event,
    read_envelope,
    read_event,
    to_message,
)
from leadwire.contracts.payloads import (
    MAX_LEADS_PER_EVENT,
    Contact,
    EventData,
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
    LeadWorkUpdated,
    ManagerAdded,
    ManagerRef,
    ManagerRemoved,
    ManagerState,
    ManagerUpdated,
    NotificationFailed,
    Work,
)
from leadwire.contracts.vocabulary import EventType, LeadStatus, ManagerStatus, Origin

__all__ = [
    "MAX_EVENT_BYTES",
    "MAX_LEADS_PER_EVENT",
    "Contact",
    "Envelope",
    "Event",
    "EventData",
    "EventTooLargeError",
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
    "LeadsCreated",
    "ManagerAdded",
    "ManagerRef",
    "ManagerRemoved",
    "ManagerState",
    "ManagerStatus",
    "ManagerUpdated",
    "NotificationFailed",
    "Origin",
    "UnknownEventTypeError",
    "UnreadableEventError",
    "Work",
    "new_event",
    "read_envelope",
    "read_event",
    "to_message",
]
