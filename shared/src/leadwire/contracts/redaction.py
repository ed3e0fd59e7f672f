"""Take an erased lead's personal data out of an event (G11)."""

import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Final
from uuid import UUID

import orjson

from leadwire.contracts.errors import EventTooLargeError
from leadwire.contracts.events import EVENT_MODELS, to_message
from leadwire.contracts.vocabulary import EventType

LEADS_CREATED: Final = EventType.LEADS_CREATED.value
LEAD_ERASED: Final = EventType.LEAD_ERASED.value

_MISSHAPEN: Final = (ValueError, TypeError, LookupError, AttributeError)
"""What reading an event raises that is not what its type says."""

_ANY_ID: Final = re.compile(rb"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)


def leads_named_in(body: bytes) -> frozenset[UUID]:
    """Return the leads that a `leads_created` tells of.

    Where its data is not what its type says, any id in it may be a lead's, so that erasing
    the lead finds it.
    """
    try:
        return frozenset(UUID(lead["id"]) for lead in orjson.loads(body)["data"]["leads"])
    except _MISSHAPEN:
        return _ids_in(body)


def leads_told_of(event_type: str, body: bytes) -> frozenset[UUID]:
    """Return the leads of which an event may tell, whatever its subject.

    Of an event of another team, which may put them anywhere, that is every id in it; nothing of
    one of ours, whose subject is the lead, but of a `leads_created`.
    """
    if event_type == LEADS_CREATED:
        return leads_named_in(body)
    return frozenset() if event_type in EVENT_MODELS else _ids_in(body)


def redacted_body(
    *, event_type: str, subject: str | None, body: bytes, erased: AbstractSet[UUID]
) -> bytes | None:
    """Return what may be kept of an event's body.

    Args:
        event_type: Its type.
        subject: Its subject.
        body: As received.
        erased: Leads that are erased.

    Returns:
        The same body if it tells nothing of an erased lead; a `leads_created` without
        the erased leads; None if nothing may be kept, as of one whose data is not what its
        type says, or of another team's event that names one of them.
    """
    if event_type == LEAD_ERASED:
        return body  # it bears an id and a rev, and whoever replays needs it
    if subject is not None and subject in {str(lead_id) for lead_id in erased}:
        return None
    if event_type == LEADS_CREATED:
        return _without(erased, body)
    return body if erased.isdisjoint(leads_told_of(event_type, body)) else None


def redaction_of_parked(lead_id: UUID) -> Callable[[str, bytes], bytes | None]:
    """Return what takes an erased lead out of events that were set aside, by type and body.

    They mention the lead, and many were set aside because they are not what they should be.
    So only what surely is about something else is kept: a `leads_created` without the lead,
    an event of ours whose subject is another id, and a `lead_erased` as far as its model goes.
    """

    def redacted(event_type: str, body: bytes) -> bytes | None:
        try:
            if event_type == LEAD_ERASED:
                return _bare_erasure(body)
            subject = orjson.loads(body).get("subject")
            if event_type not in EVENT_MODELS:
                return None
            if event_type != LEADS_CREATED:
                return None if UUID(subject) == lead_id else body
            return redacted_body(
                event_type=event_type, subject=subject, body=body, erased=frozenset({lead_id})
            )
        except (*_MISSHAPEN, EventTooLargeError):
            return None

    return redacted


def _ids_in(body: bytes) -> frozenset[UUID]:
    return frozenset(UUID(found.decode()) for found in _ANY_ID.findall(body))


def _bare_erasure(body: bytes) -> bytes:
    """Read and write a `lead_erased`: what its model does not know is left out."""
    erasure = EVENT_MODELS[EventType.LEAD_ERASED].model_validate_json(body)
    return to_message(erasure).body


def _without(erased: AbstractSet[UUID], body: bytes) -> bytes | None:
    if erased.isdisjoint(leads_named_in(body)):
        return body
    try:
        envelope = orjson.loads(body)
        leads = envelope["data"]["leads"]
        kept = [lead for lead in leads if UUID(lead["id"]) not in erased]
        envelope["data"]["leads"] = kept
        return orjson.dumps(envelope) if kept else None
    except _MISSHAPEN:
        return None
