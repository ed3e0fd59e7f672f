"""The newest changes, kept in memory for those who follow live.

A batch is what the process read from the log at once. Followers that stand at its
beginning and have the same filter are told the same of it, so that is encoded once.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from stream_svc.domain.filters import LeadFilter
from stream_svc.domain.follow import Change, Frames, Place, frames_of

MOST_FILTERS: Final = 32
"""Filters for which a batch keeps its frames; others are encoded for each follower."""
BYTES_AT_ONCE: Final = 1024 * 1024
"""About the most that a follower takes at once, however far behind he is."""


class Batch:
    """Changes in (after, pos].

    Args:
        after: Position before the first change.
        pos: Position up to which the batch tells everything.
        changes: The changes, with their documents.
    """

    def __init__(self, *, after: int, pos: int, changes: Sequence[Change]) -> None:
        self.after = after
        self.pos = pos
        self.changes = changes
        self.size = sum(len(change.document or "") for change in changes)
        self._encoded: dict[LeadFilter, Frames] = {}

    def frames(self, place: Place, leads: LeadFilter) -> Frames:
        """Tell a follower, who holds the whole snapshot, what is new to him."""
        if place.pos > self.after:
            fresh = [change for change in self.changes if change.pos > place.pos]
            return frames_of(fresh, place=place, leads=leads)
        known = self._encoded.get(leads)
        if known is None:
            known = frames_of(self.changes, place=place, leads=leads)
            if len(self._encoded) < MOST_FILTERS:
                self._encoded[leads] = known
        return known


class Ring:
    """A bounded row of batches without a gap between them.

    Args:
        most_changes: Changes to keep.
        most_bytes: About how many bytes of documents to keep.
    """

    def __init__(self, *, most_changes: int, most_bytes: int) -> None:
        self._most_changes = most_changes
        self._most_bytes = most_bytes
        self._batches: deque[Batch] = deque()
        self._changes = 0
        self._bytes = 0
        self.epoch: UUID | None = None
        self.pos = 0

    def restart(self, *, epoch: UUID, pos: int) -> None:
        """Forget everything and begin at a position."""
        self._batches.clear()
        self._changes = self._bytes = 0
        self.epoch = epoch
        self.pos = pos

    def append(self, batch: Batch) -> None:
        """Add the changes that come next; the oldest make room for them."""
        if batch.after != self.pos:
            raise ValueError(f"a batch after {batch.after} does not follow {self.pos}")
        self._batches.append(batch)
        self._changes += len(batch.changes)
        self._bytes += batch.size
        self.pos = batch.pos
        while self._changes > self._most_changes or self._bytes > self._most_bytes:
            oldest = self._batches.popleft()
            self._changes -= len(oldest.changes)
            self._bytes -= oldest.size

    def since(self, place: Place) -> list[Batch] | None:
        """Give some of the next batches for a place; None if the ring does not reach back.

        They are as many as are sent at once; there may be more after them.
        """
        if self.epoch is None:
            return []
        if place.epoch != self.epoch:
            return None
        if place.pos >= self.pos:
            return []
        if not self._batches or place.pos < self._batches[0].after:
            return None
        return _first(self._after(place.pos))

    def _after(self, pos: int) -> list[Batch]:
        found = []
        for batch in reversed(self._batches):
            if batch.pos <= pos:
                break
            found.append(batch)
        return found[::-1]


def _first(batches: Sequence[Batch]) -> list[Batch]:
    """Give as many batches, at least one, as make about `BYTES_AT_ONCE` together."""
    taken: list[Batch] = []
    size = 0
    for batch in batches:
        taken.append(batch)
        size += batch.size
        if size >= BYTES_AT_ONCE:
            break
    return taken
