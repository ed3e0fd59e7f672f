"""List the leads that match a filter, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass

from stream_svc.domain.cursor import ListCursor
from stream_svc.domain.filters import LeadFilter
from stream_svc.storage.reads import LeadReads
from stream_svc.usecases.errors import CursorMismatchError


@dataclass(frozen=True, slots=True)
class Listing:
    """One page.

    Attributes:
        documents: The leads' JSON, oldest first.
        next_cursor: Where the next page begins; None on the last one.
    """

    documents: Sequence[str]
    next_cursor: str | None


async def list_leads(
    reads: LeadReads, *, leads: LeadFilter, cursor: ListCursor | None, limit: int
) -> Listing:
    """Give one page of the leads that match, in the order in which they came in.

    Raises:
        CursorMismatchError: The cursor is of a list with another filter.
    """
    fingerprint = leads.fingerprint()
    if cursor is not None and cursor.fingerprint != fingerprint:
        raise CursorMismatchError
    page = await reads.page(leads, after=cursor.after if cursor else None, limit=limit)
    following = None
    if page.more and page.last_id is not None:
        following = ListCursor(after=page.last_id, fingerprint=fingerprint).encode()
    return Listing(page.documents, following)
