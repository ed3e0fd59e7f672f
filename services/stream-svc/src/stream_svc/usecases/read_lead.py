"""Read one lead, waiting a moment for what is known to be on its way."""

import asyncio
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from leadwire.contracts.identity import ARRIVES_WITHIN, is_young
from leadwire.contracts.tags import Tag
from stream_svc.storage.reads import LeadReads, StoredLead
from stream_svc.usecases.errors import LeadNotFoundError, ProjectionBehindError
from stream_svc.usecases.tail import Tail

PAUSE_SECONDS: Final = 0.02
"""Between two looks, however often the log moves on."""


async def read_lead(
    reads: LeadReads, tail: Tail, *, lead_id: UUID, at_least: Tag | None = None
) -> str:
    """Give a lead's JSON.

    A lead that was made a moment ago, or that is asked for in a state that it has not
    reached here, is waited for, for up to two seconds.

    Args:
        reads: The projection.
        tail: Wakes when the projection changed.
        lead_id: Which lead.
        at_least: State that it must have reached.

    Raises:
        LeadNotFoundError: No such lead has arrived here, or it is erased.
        ProjectionBehindError: It has not reached the state in time, or has not arrived at all.
    """
    loop = asyncio.get_running_loop()
    with tail.watch() as watch:
        found = await reads.lead(lead_id)
        deadline = loop.time() + ARRIVES_WITHIN
        while not _is_final(found, lead_id, at_least):
            left = deadline - loop.time()
            if left <= 0:
                break
            await watch.wait_within(left)
            await asyncio.sleep(min(PAUSE_SECONDS, left))
            found = await reads.lead(lead_id)
    return _document(found, at_least)


def _is_final(found: StoredLead | None, lead_id: UUID, at_least: Tag | None) -> bool:
    """Tell whether waiting would change nothing."""
    if found is not None and found.erased:
        return True
    if found is None or found.document is None:
        return at_least is None and not is_young(lead_id, now=datetime.now(UTC))
    return _has_reached(found, at_least)


def _has_reached(found: StoredLead, at_least: Tag | None) -> bool:
    return at_least is None or at_least.is_reached(
        contact_rev=found.contact_rev, work_rev=found.work_rev
    )


def _document(found: StoredLead | None, at_least: Tag | None) -> str:
    if found is None or found.document is None:
        # Whoever names a state has seen it: then the lead is there, only not here yet.
        if at_least is not None and not (found is not None and found.erased):
            raise ProjectionBehindError
        raise LeadNotFoundError
    if not _has_reached(found, at_least):
        raise ProjectionBehindError
    return found.document
