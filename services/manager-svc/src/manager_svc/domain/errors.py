"""Why a request about managers or leads is refused.

Each refusal has a stable `code` and a message that says what to do; `extra` carries what a
program needs to react.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar
from uuid import UUID

from manager_svc.domain.status import LeadStatus


class RefusalError(Exception):
    """The request is understood, and the rules do not allow it."""

    code: ClassVar[str]

    def __init__(self, detail: str, *, extra: Mapping[str, str | list[str]] | None = None) -> None:
        super().__init__(detail)
        self.extra = extra or {}


class LeadNotFoundError(RefusalError):
    """No such lead here, or it was erased."""

    code = "lead_not_found"

    def __init__(self, lead_id: UUID) -> None:
        super().__init__(f"there is no lead {lead_id}")


class ManagerNotFoundError(RefusalError):
    """No such manager."""

    code = "manager_not_found"

    def __init__(self, manager_id: UUID) -> None:
        super().__init__(f"there is no manager {manager_id}")


class NeverAssignedError(RefusalError):
    """Nobody ever got this lead, so there is nothing to explain."""

    code = "never_assigned"

    def __init__(self, lead_id: UUID) -> None:
        super().__init__(f"lead {lead_id} was never given to anybody")


class ExplanationForgottenError(RefusalError):
    """The lead was decided long ago; its history still tells who got it, when and by whom."""

    code = "explanation_forgotten"

    def __init__(self, lead_id: UUID) -> None:
        super().__init__(
            f"why lead {lead_id} went to its manager is forgotten, since it was decided long ago; "
            "see its history"
        )


class NoLeadWaitingError(RefusalError):
    """There is nothing to take, but perhaps what this manager gave back."""

    code = "no_lead_waiting"

    def __init__(self) -> None:
        super().__init__(
            "no lead is waiting, but perhaps such as this manager gave back within the hour; ask "
            "again when some have come in"
        )


class NotYoursError(RefusalError):
    """A lead manager acts in his own name, and on leads that he holds."""

    code = "forbidden"


class IllegalTransitionError(RefusalError):
    """The lead's status does not lead to the one asked for; `allowed` names those it does."""

    code = "illegal_transition"

    def __init__(self, *, current: LeadStatus, asked: LeadStatus, allowed: Sequence[str]) -> None:
        super().__init__(
            f"a lead that is {current} cannot become {asked}; allowed: {', '.join(allowed)}",
            extra={"current": str(current), "allowed": [str(status) for status in allowed]},
        )


class ReasonRequiredError(RefusalError):
    """A decision is corrected, and no `reason` says why."""

    code = "reason_required"

    def __init__(self, *, current: LeadStatus, asked: LeadStatus) -> None:
        super().__init__(
            f"the lead is {current} already; to correct that into {asked}, say why in `reason`"
        )


class StaleLeadError(RefusalError):
    """`If-Match` names another version than the lead has."""

    code = "precondition_failed"

    def __init__(self, *, current: str) -> None:
        super().__init__(
            f"the lead has changed: it is {current} now; read it and decide again",
            extra={"current": current},
        )


class LeadTakenError(RefusalError):
    """Another manager holds the lead.

    Args:
        manager_id: Who.
        may_take: Whether who asks may take it from him.
    """

    code = "lead_taken"

    def __init__(self, manager_id: UUID, *, may_take: bool) -> None:
        way = 'send "reassign": true to' if may_take else "only an administrator may"
        super().__init__(
            f"manager {manager_id} holds the lead; {way} take it from him",
            extra={"manager_id": str(manager_id)},
        )


class LeadDecidedError(RefusalError):
    """A decided lead needs no assignee."""

    code = "lead_decided"

    def __init__(self, status: LeadStatus) -> None:
        super().__init__(f"the lead is {status}; a decided lead has no assignee")


class ManagerRemovedError(RefusalError):
    """The manager was removed."""

    code = "manager_removed"

    def __init__(self, manager_id: UUID) -> None:
        super().__init__(f"manager {manager_id} was removed")


class ManagerPausedError(RefusalError):
    """A paused manager gets nothing new."""

    code = "manager_paused"

    def __init__(self, manager_id: UUID) -> None:
        super().__init__(f"manager {manager_id} is paused; resume him first")


class ManagerFullError(RefusalError):
    """The manager holds as many undecided leads as he may."""

    code = "manager_full"

    def __init__(self, *, manager_id: UUID, capacity: int) -> None:
        super().__init__(
            f"manager {manager_id} holds {_undecided(capacity)} already, his capacity; "
            "mark or release one, or raise his capacity"
        )


class CapacityInUseError(RefusalError):
    """A capacity below what the manager holds now."""

    code = "capacity_in_use"

    def __init__(self, *, held: int, asked: int) -> None:
        super().__init__(
            f"the manager holds {_undecided(held)}, so his capacity cannot become {asked}; "
            "release some first"
        )


class ManagerEmailExistsError(RefusalError):
    """Another manager has this email."""

    code = "email_exists"

    def __init__(self) -> None:
        super().__init__(
            "another manager has this email; use another, or none, or change it there first"
        )


def _undecided(count: int) -> str:
    return f"{count} undecided lead" + ("" if count == 1 else "s")
