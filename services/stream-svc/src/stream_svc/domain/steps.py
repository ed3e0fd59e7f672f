"""A follower's steps through the change log and the snapshot's pages.

What a step found is of one moment. It is told to the client, and the client then stands
behind it: at a later position, and with a page at a greater key.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from stream_svc.domain.filters import LeadFilter
from stream_svc.domain.follow import Change, Frames, Place, frames_of


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log ends.

    Attributes:
        pruned_to: Changes up to this position are forgotten.
    """

    epoch: UUID
    pos: int
    pruned_to: int

    def serves(self, epoch: UUID, pos: int) -> bool:
        """Tell whether every change after this position is still in the log."""
        return epoch == self.epoch and pos >= self.pruned_to


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the snapshot.

    Attributes:
        frames: A `put` for each of its leads, with its newline.
        key: Greatest id that the client holds after it.
    """

    frames: Sequence[bytes]
    key: UUID


@dataclass(frozen=True, slots=True)
class Step:
    """What one step found.

    Attributes:
        changes: Those after the follower's position that may concern it; empty if the
            log no longer serves the position.
        pos: Up to where the log has been read.
        page: The next page; None if the snapshot is complete or the log was not read to
            its head.
    """

    head: Head
    changes: tuple[Change, ...]
    pos: int
    page: Page | None


def behind(step: Step, *, place: Place) -> Place:
    """Give where a follower stands after a step from `place`; the next one goes on from there."""
    key = place.key if step.page is None else step.page.key
    return replace(place, pos=step.pos, key=key)


def told_by(step: Step, *, place: Place, leads: LeadFilter) -> Frames:
    """Give what a step from `place` tells a follower."""
    told = frames_of(step.changes, place=place, leads=leads)
    if step.page is None:
        return told
    page = step.page.frames
    return Frames(b"".join((told.lines, *page)), told.puts + len(page))
