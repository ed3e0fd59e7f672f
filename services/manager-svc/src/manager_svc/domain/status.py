"""Where a lead stands, and where it may go from there."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class LeadStatus(StrEnum):
    """The status of a lead; a lead with one of the last two is decided."""

    PENDING = "pending"
    REACHED_OUT = "reached_out"
    INTERESTED = "interested"
    NOT_INTERESTED = "not_interested"

    @property
    def decided(self) -> bool:
        """Whether a manager has made up his mind, so that the lead needs nobody any more."""
        return self in DECISIONS


DECISIONS = frozenset({LeadStatus.INTERESTED, LeadStatus.NOT_INTERESTED})
"""A decision may be corrected into the other one, and into nothing else."""


TRANSITIONS: Mapping[LeadStatus, frozenset[LeadStatus]] = MappingProxyType(
    {
        LeadStatus.PENDING: frozenset(
            {LeadStatus.REACHED_OUT, LeadStatus.INTERESTED, LeadStatus.NOT_INTERESTED}
        ),
        LeadStatus.REACHED_OUT: frozenset({LeadStatus.INTERESTED, LeadStatus.NOT_INTERESTED}),
        LeadStatus.INTERESTED: frozenset({LeadStatus.NOT_INTERESTED}),
        LeadStatus.NOT_INTERESTED: frozenset({LeadStatus.INTERESTED}),
    }
)
"""The whole status machine: from each status, the ones that may follow."""


def allowed_after(status: LeadStatus) -> list[LeadStatus]:
    """List the statuses that may follow, in the order of `LeadStatus`."""
    return [candidate for candidate in LeadStatus if candidate in TRANSITIONS[status]]
