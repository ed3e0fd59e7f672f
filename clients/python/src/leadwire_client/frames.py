"""What a stream tells, frame by frame.

Of frames that come from the server, those of unknown types never arrive here. `Reset` is the
client's own: no server sends it.
"""

from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from leadwire_client.models import Lead


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The first frame of every connection.

    Attributes:
        epoch: Which life of the server's change log cursors belong to.
        heartbeat_s: Seconds of silence after which the server sends a mark.
    """

    protocol: int = 1
    epoch: str = ""
    heartbeat_s: float = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """You hold this lead now.

    Attributes:
        why: `snapshot`, `enter` (into the filter) or `change` (inside it).
    """

    id: UUID
    rev: int
    lead: Lead
    why: str = "change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """You hold this lead no more; perhaps you never did.

    Attributes:
        why: `left` (the filter) or `erased`.
    """

    id: UUID
    rev: int
    why: str = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """All frames before this one are told; its cursor resumes after them."""

    cursor: str
    lag_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """The snapshot is complete: what follows is live."""

    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bye:
    """The server ends the connection although nothing is wrong; the client comes again."""

    reason: str = ""
    reconnect_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The server ends the connection because something went wrong; the client comes again."""

    code: str
    retryable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A stream that does not follow is complete.

    Attributes:
        count: `put` frames of this connection.
    """

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """What you hold is no longer a base to build on: drop it, the stream starts over.

    A stream that started with a snapshot starts with one again. One that started with `now`
    goes on from now: what changed in between is not told.

    Attributes:
        reason: `cursor_expired`, `epoch_changed`, or the code that the server gave.
    """

    reason: str


Frame: TypeAlias = Hello | Put | Gone | Mark | Synced | Bye | Fault | End | Reset
Change: TypeAlias = Put | Gone | Synced | Reset
"""What matters to one who keeps a copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Changes to be applied, and the cursor to be kept, in one transaction.

    Attributes:
        reset: Drop all that you hold before you apply the changes.
        changes: In their order.
        cursor: Resumes after them.
        synced: Whether the snapshot is complete with this batch.
    """

    changes: tuple[Put | Gone, ...]
    cursor: str
    reset: bool = False
    synced: bool = False
