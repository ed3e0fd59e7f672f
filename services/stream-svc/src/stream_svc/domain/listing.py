"""What a list of leads is asked for: which leads, in which order, and after which one."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from stream_svc.domain.filters import LeadFilter
from stream_svc.domain.text_keys import text_key

LONGEST_SEARCH: Final = 100


class Sort(StrEnum):
    """Orders of a list; a minus turns one round. Leads that are equal in it go by their ids."""

    CREATED_AT = "created_at"
    CREATED_AT_REVERSED = "-created_at"
    UPDATED_AT = "updated_at"
    UPDATED_AT_REVERSED = "-updated_at"
    NAME = "name"
    NAME_REVERSED = "-name"
    EMAIL = "email"
    EMAIL_REVERSED = "-email"

    @property
    def descending(self) -> bool:
        """Whether the greatest comes first."""
        return self.startswith("-")

    @property
    def by(self) -> str:
        """The fact that leads are sorted by."""
        return self.removeprefix("-")

    @property
    def by_moment(self) -> bool:
        """Whether that is a moment; it is a text otherwise."""
        return self.by in {"created_at", "updated_at"}


@dataclass(frozen=True, slots=True)
class ListKey:
    """Where a lead stands in a list.

    Attributes:
        value: The fact that the list is sorted by: a moment, or a text's key.
        lead_id: Tells apart leads that are equal in it.
    """

    value: datetime | str
    lead_id: UUID


@dataclass(frozen=True, slots=True)
class Choice:
    """Which leads a list or a count is of.

    Attributes:
        leads: The filter that they match.
        search: Key with which name and family name, family name and name, or email begins.
    """

    leads: LeadFilter
    search: str | None = None


def search_key(text: str) -> str:
    """Read what is searched for.

    Raises:
        ValueError: There is nothing in it by which a lead could be found.
    """
    key = text_key(text)
    if not key:
        raise ValueError("must have a character that is neither blank nor an accent alone")
    return key
