"""Lead managers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Manager:
    """A lead manager.

    Attributes:
        capacity: Most undecided leads that he holds at once.
        rev: Counts the changes of this record, from 1.
        has_room: Whether one of his places is offered to the matcher.
    """

    id: UUID
    name: str
    email: str | None
    capacity: int
    state: ManagerState
    rev: int
    created_at: datetime
    updated_at: datetime
    has_room: bool

    @property
    def availability(self) -> Availability:
        """Removed or paused, else free or busy."""
        match self.state:
            case ManagerState.REMOVED:
                return Availability.REMOVED
            case ManagerState.PAUSED:
                return Availability.PAUSED
            case ManagerState.ACTIVE:
                return Availability.FREE if self.has_room else Availability.BUSY

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
