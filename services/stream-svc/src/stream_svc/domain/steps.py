"""A follower's steps through the change log and the snapshot's pages.

What a step found is of one moment. It is told to the client, and the client then stands
behind it: at a later position, and with a page at a greater key.
"""

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
        lines: Its `put` frames.
        puts: How many they are.
        key: Greatest id that the client holds after it.
    """

    lines: bytes
    puts: int
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


def told_by(step: Step, *, place: Place, leads: LeadFilter) -> tuple[Frames, Place]:
    """Give what a step tells a follower, and where he stands after it."""
    told = frames_of(step.changes, place=place, leads=leads)
    if step.page is None:
        return told, replace(place, pos=step.pos)
    both = Frames(told.lines + step.page.lines, told.puts + step.page.puts)
    return both, replace(place, pos=step.pos, key=step.page.key)
