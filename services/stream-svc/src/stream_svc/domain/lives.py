"""The lives of the projection: one that is served, and while it is rebuilt one that is coming.

A rebuild lets a new life grow beside the one that is served. Every event is taken into both.
Once all that the other services have said again is there, the coming life is served at once,
under a new epoch: positions of the old one mean nothing in it, so its cursors are expired.
"""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Lives:
    """Which lives there are.

    Attributes:
        epoch: Of the change log, and so of the life that is served.
        served: Number of the life that is served.
        coming: Number of the life that a rebuild fills; None if there is no rebuild.
    """

    epoch: UUID
    served: int
    coming: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildProgress:
    """How far a rebuild is.

    Attributes:
        served: Leads that readers see now.
        coming: Leads that they would see in the coming life.
        missing: Leads that are known now, and that have not come as far in the coming life.
    """

    served: int
    coming: int
    missing: int
