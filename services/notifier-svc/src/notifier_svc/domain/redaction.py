"""Take an erased lead's personal data out of an event (G11)."""

from collections.abc import Set as AbstractSet
from typing import Final
from uuid import UUID

import orjson

LEADS_CREATED: Final = "leads_created"
LEAD_ERASED: Final = "lead_erased"


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
        the erased leads; None if nothing may be kept.
    """
    if event_type == LEAD_ERASED:
        return body  # it bears an id and a rev, and whoever replays needs it
    if subject is not None and subject in {str(lead_id) for lead_id in erased}:
        return None
    if event_type == LEADS_CREATED:
        return _without(erased, body)
    return body


def _without(erased: AbstractSet[UUID], body: bytes) -> bytes | None:
    envelope = orjson.loads(body)
    leads = envelope["data"]["leads"]
    kept = [lead for lead in leads if UUID(lead["id"]) not in erased]
    if len(kept) == len(leads):
        return body
    if not kept:
        return None
    envelope["data"]["leads"] = kept
    return orjson.dumps(envelope)
