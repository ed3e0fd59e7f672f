"""What the commands about one stored lead have in common.

A change and an erasure lock the lead's row first, so that the lead's events stand in the
outbox in the order of its changes.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from import_svc.domain.leads import Lead


class LeadNotFoundError(Exception):
    """No such lead here, or it was erased."""

    code: Final = "lead_not_found"

    def __init__(self, lead_id: UUID) -> None:
        super().__init__(f"there is no lead {lead_id}")


class StaleLeadError(Exception):
    """`If-Match` names another version than the lead has; `current` is the one it has."""

    code: Final = "precondition_failed"

    def __init__(self, *, current: str) -> None:
        super().__init__(f"the lead has changed: it is {current} now; read it and decide again")
        self.extra: Mapping[str, str] = {"current": current}


def require_version(lead: Lead, versions: frozenset[str] | None) -> None:
    """Hold a write to the version that its author has read.

    Args:
        lead: As it is.
        versions: Tags of which one must be the lead's; None if any will do.

    Raises:
        StaleLeadError: The lead has another version.
    """
    if versions is not None and lead.tag not in versions:
        raise StaleLeadError(current=lead.tag)
