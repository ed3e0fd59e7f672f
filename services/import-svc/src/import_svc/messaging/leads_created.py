"""Announce new leads: `leads_created` events, written straight as bytes.

An import makes hundreds of thousands of leads, and building pydantic models of them
would cost more than storing them. So the JSON is put together here; a test holds it equal,
byte by byte, to what the models of `leadwire.contracts` write.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import orjson
from uuid_utils.compat import uuid7

from import_svc.domain.leads import NewLeads
from leadwire.broker import Message
from leadwire.contracts import MAX_EVENT_BYTES, MAX_LEADS_PER_EVENT, EventType
from leadwire.db import Connection
from leadwire.observability import current_traceparent
from leadwire.outbox import Outbox, OutgoingEvent

SOURCE: Final = "leadwire/import-svc"

# What an event has besides its leads takes about 500 bytes.
_MAX_LEADS_BYTES: Final = MAX_EVENT_BYTES - 1_024


class LeadsAnnouncer:
    """Adds the events about new leads to the outbox.

    Args:
        outbox: The service's outbox.
    """

    def __init__(self, *, outbox: Outbox) -> None:
        self._outbox = outbox

    def events(self, leads: NewLeads) -> list[OutgoingEvent]:
        """Return `leads_created` events, in the order of the leads."""
        return [OutgoingEvent(message, None) for message in leads_created(leads)]

    async def announce(self, connection: Connection, events: Sequence[OutgoingEvent]) -> None:
        """Add events to the outbox.

        Args:
            connection: The transaction in which the leads are inserted.
            events: From `events`.
        """
        await self._outbox.add(connection, events)


def leads_created(leads: NewLeads) -> Iterator[Message]:
    """Give the events about new leads, in their order, each within the limits."""
    traceparent = current_traceparent()
    headers = {"ce-source": SOURCE, "traceparent": traceparent}
    origin = {"origin": leads.origin, "import_id": _text(leads.import_id)}
    data_head = orjson.dumps(origin)[:-1] + b',"leads":['
    for contacts in _batches(leads):
        event_id = str(uuid7())
        envelope = {
            "specversion": "1.0",
            "id": event_id,
            "source": SOURCE,
            "type": EventType.LEADS_CREATED,
            "time": _as_text(datetime.now(UTC)),
            "datacontenttype": "application/json",
            "dataschema": f"leadwire:{EventType.LEADS_CREATED}:1",
            "traceparent": traceparent,
        }
        head = orjson.dumps(envelope)[:-1] + b',"data":' + data_head
        yield Message(
            id=event_id,
            type=EventType.LEADS_CREATED.value,
            body=b"".join((head, b",".join(contacts), b"]}}")),
            headers=headers,
        )


def _batches(leads: NewLeads) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for contact in _contacts(leads):
        size += len(contact) + 1
        if batch and (size > _MAX_LEADS_BYTES or len(batch) == MAX_LEADS_PER_EVENT):
            yield batch
            batch, size = [], len(contact) + 1
        batch.append(contact)
    if batch:
        yield batch


def _contacts(leads: NewLeads) -> list[bytes]:
    shared = {
        "origin": leads.origin,
        "import_id": _text(leads.import_id),
        "has_resume": leads.has_resume,
        "created_at": _as_text(leads.created_at),
        "updated_at": _as_text(leads.created_at),
        "rev": 1,
    }
    tail = b"," + orjson.dumps(shared)[1:]
    columns = zip(
        leads.ids,
        leads.names,
        leads.family_names,
        leads.emails,
        leads.cellphones,
        leads.attributes,
        strict=True,
    )
    return [
        orjson.dumps(
            {
                "id": str(lead_id),
                "name": name,
                "family_name": family_name,
                "email": email,
                "cellphone": cellphone,
                "attributes": orjson.Fragment(attributes),
            }
        )[:-1]
        + tail
        for lead_id, name, family_name, email, cellphone, attributes in columns
    ]


def _text(import_id: UUID | None) -> str | None:
    return None if import_id is None else str(import_id)


def _as_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
