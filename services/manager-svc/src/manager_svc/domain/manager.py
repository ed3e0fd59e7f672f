"""Lead managers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from leadwire.emails import email_key
from manager_svc.domain.errors import ManagerPausedError, ManagerRemovedError


class ManagerState(StrEnum):
    """What a manager's own record says."""

    ACTIVE = "active"
    PAUSED = "paused"
    REMOVED = "removed"


class Availability(StrEnum):
    """What a manager is to those who look for one: his state and his leads together.

    A removed one is found only by who asks for such, to restore him.
    """

    FREE = "free"
    BUSY = "busy"
    PAUSED = "paused"
    REMOVED = "removed"


STANDINGS: Final[Mapping[Availability, tuple[ManagerState, bool | None]]] = MappingProxyType(
    {
        Availability.FREE: (ManagerState.ACTIVE, True),
        Availability.BUSY: (ManagerState.ACTIVE, False),
        Availability.PAUSED: (ManagerState.PAUSED, None),
        Availability.REMOVED: (ManagerState.REMOVED, None),
    }
)
"""What each availability takes: the state, and whether there is room; None if either will do."""

MAX_CAPACITY: Final = 1_000
"""Greatest capacity; the schema has a CHECK of it, and `find_candidates.sql` reads so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manager:
    """A lead manager.

    Attributes:
        capacity: Most undecided leads that he holds at once.
        rev: Counts the changes of this record, from 1.
        free_since: Since when a place of his has been offered to the matcher, by the one that has
            been for longest; None if none is.
    """

    id: UUID
    name: str
    email: str | None
    capacity: int
    state: ManagerState
    rev: int
    created_at: datetime
    updated_at: datetime
    free_since: datetime | None

    @property
    def email_key(self) -> str | None:
        """What makes his email unique; None if he has none."""
        return None if self.email is None else email_key(self.email)

    @property
    def has_room(self) -> bool:
        """Whether one of his places is offered to the matcher."""
        return self.free_since is not None

    @property
    def availability(self) -> Availability:
        """Removed or paused, else free or busy."""
        return next(
            availability
            for availability, (state, has_room) in STANDINGS.items()
            if state is self.state and has_room in {None, self.has_room}
        )

    def require_present(self) -> None:
        """Refuse what nobody can do to a removed manager.

        Raises:
            ManagerRemovedError: He was removed.
        """
        if self.state is ManagerState.REMOVED:
            raise ManagerRemovedError(self.id)

    def require_taking(self) -> None:
        """Refuse to give a lead to a manager who takes none.

        Raises:
            ManagerRemovedError: He was removed.
            ManagerPausedError: He is paused.
        """
        self.require_present()
        if self.state is ManagerState.PAUSED:
            raise ManagerPausedError(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerName:
    """Enough of a manager to say who it is."""

    id: UUID
    name: str
