"""What a follower is told of the log's changes, by the one invariant of the stream.

*The client holds the exact filtered state as of `pos` for all ids up to `key`.* So a
change matters at once if its id is up to `key`; one beyond comes with its page.

A client applies frames as they come but holds only the cursor of the last mark. After a
cut it may thus hold more, and later states, than its cursor says.

- Of ids up to `key` it is told every change after `pos` again, one by one: whatever state
  it had reached is passed again, and left again if it was left.
- Beyond `key` it may hold leads of a page whose mark it never saw. Those that match come
  again with their page. Those that do not must be taken back, whatever they were before:
  so a follower that resumed is told `gone` of every change beyond `key` after which the
  lead does not match. How far beyond it holds leads nobody knows, because pages that are
  read again may end elsewhere: so this lasts until the snapshot is complete, not only for
  changes from before the resume.

Without it, followers that are cut inside a page end with leads that left the filter;
`tests/unit/test_protocol_simulation.py` counts them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from stream_svc.domain import frames
from stream_svc.domain.cursor import END_KEY, START_KEY, StreamCursor
from stream_svc.domain.facets import Facets
from stream_svc.domain.filters import LeadFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of the change log.

    Attributes:
        pos: Its position; commit order is position order.
        rev: The lead's `rev` after the change.
        before: The lead's facets before; None if it was not visible.
        after: The lead's facets after; None if it was erased, then or since.
        document: The lead's JSON after; None if erased, or if it was not asked for.
        at: When the change was written.
    """

    pos: int
    lead_id: UUID
    rev: int
    before: Facets | None
    after: Facets | None
    document: str | None
    at: datetime

    @property
    def erased(self) -> bool:
        """Whether the lead is erased by now: its facets, and those before, are scrubbed."""
        return self.after is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a follower stands; see the module's invariant.

    Attributes:
        resumed: Whether the follower came with a cursor, and may hold more than that says.
    """

    epoch: UUID
    pos: int
    key: UUID
    resumed: bool = False

    @property
    def snapshot_complete(self) -> bool:
        """Whether every lead of the snapshot has been sent."""
        return self.key == END_KEY

    def cursor(self, leads: LeadFilter) -> str:
        """Give the cursor to resume from here."""
        return StreamCursor(
            epoch=self.epoch, pos=self.pos, key=self.key, fingerprint=leads.fingerprint
        ).encode()


def beginning(*, epoch: UUID, pos: int, snapshot: bool) -> Place:
    """Give the place of a client that holds nothing yet.

    Args:
        epoch: Of the log.
        pos: Of the log's head.
        snapshot: Whether it wants what there is, or only what changes from now on.
    """
    return Place(epoch=epoch, pos=pos, key=START_KEY if snapshot else END_KEY)


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames ready to be sent.

    Attributes:
        lines: The frames, each with its newline.
        puts: How many of them are `put`.
    """

    lines: bytes
    puts: int


def frames_of(changes: Sequence[Change], *, place: Place, leads: LeadFilter) -> Frames:
    """Tell a follower at `place` of changes that come after its position."""
    lines: list[bytes] = []
    puts = 0
    for change in changes:
        if leads.matches(change.after):
            if change.lead_id <= place.key:
                lines.append(_put(change, leads))
                puts += 1
        elif _to_be_taken_back(change, place, leads):
            lines.append(_gone(change))
    return Frames(b"".join(lines), puts)


def _put(change: Change, leads: LeadFilter) -> bytes:
    if change.document is None:
        raise ValueError(f"the change at {change.pos} was read without its document")
    return frames.put(
        lead_id=change.lead_id,
        rev=change.rev,
        why="change" if leads.matches(change.before) else "enter",
        document=change.document,
    )


def _gone(change: Change) -> bytes:
    return frames.gone(
        lead_id=change.lead_id, rev=change.rev, why="erased" if change.erased else "left"
    )


def _to_be_taken_back(change: Change, place: Place, leads: LeadFilter) -> bool:
    if change.lead_id > place.key:
        return place.resumed
    # What an erased lead was before is scrubbed; a `gone` too many does no harm.
    return change.erased or leads.matches(change.before)
