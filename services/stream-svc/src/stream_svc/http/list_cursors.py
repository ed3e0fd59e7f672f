"""Cursors of the list of leads: where its last lead stands, in the order that was asked for."""

from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field

from leadwire.http import Keyset
from stream_svc.domain.listing import ListKey, Sort
from stream_svc.domain.text_keys import KEY_LENGTH
from stream_svc.http.queries import ListQuery
from stream_svc.storage.reads import Listed


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside of the years 1 to 9999 in UTC") from None


# What no database takes is refused here: anybody can make up a cursor.
_Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
_Text = Annotated[str, Field(max_length=KEY_LENGTH, pattern=r"^[^\x00]*$")]

_BY_MOMENT: Final = Keyset[tuple[datetime | str, UUID]]("leads", key=tuple[_Moment, UUID])
_BY_TEXT: Final = Keyset[tuple[datetime | str, UUID]]("leads", key=tuple[_Text, UUID])


def key_after(query: ListQuery) -> ListKey | None:
    """Read where the page begins; None for the first page.

    Raises:
        Problem: 400 `invalid_cursor`.
    """
    found = _keyset(query.sort).after(query)
    return ListKey(*found) if found is not None else None


def cut(found: list[Listed], query: ListQuery) -> tuple[list[Listed], str | None]:
    """Cut what was found down to the page, and make the cursor of the next one."""
    items, cursor = _keyset(query.sort).cut(
        found, query, key=lambda lead: (lead.key.value, lead.key.lead_id)
    )
    return list(items), cursor


def _keyset(sort: Sort) -> Keyset[tuple[datetime | str, UUID]]:
    return _BY_MOMENT if sort.by_moment else _BY_TEXT
