"""What a lead manager may do: work on his own leads, in his own name.

Who may act for all of them, as an administrator, is told of by `only_as` being None.
"""

from uuid import UUID

from manager_svc.domain.errors import NotYoursError
from manager_svc.domain.lead import Work


def require_own(manager_id: UUID, *, only_as: UUID | None) -> None:
    """Hold a manager to his own name.

    Args:
        manager_id: As whom he would act.
        only_as: Who he is.

    Raises:
        NotYoursError: He is another one.
    """
    if only_as is not None and manager_id != only_as:
        raise NotYoursError("a lead manager acts in his own name only")


def require_holding(work: Work, *, only_as: UUID | None) -> None:
    """Hold a manager to the leads that he holds; a decided one nobody holds.

    Args:
        work: State of the lead, which must be locked.
        only_as: Who he is.

    Raises:
        NotYoursError: He does not hold it.
    """
    if only_as is None:
        return
    if work.status.decided:
        raise NotYoursError("a decision is corrected by an administrator")
    if work.manager is None or work.manager.id != only_as:
        raise NotYoursError("you do not hold this lead, so somebody else works on it")


def require_no_taking(*, reassign: bool, only_as: UUID | None) -> None:
    """Hold a manager to leads that wait: from another one an administrator takes.

    Raises:
        NotYoursError: He would take it from another one.
    """
    if reassign and only_as is not None:
        raise NotYoursError("a lead is taken from another lead manager by an administrator")
