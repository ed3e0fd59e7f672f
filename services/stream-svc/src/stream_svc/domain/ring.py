"""The newest changes, kept in memory for those who follow live.

A batch is what the process read from the log at once. Followers that stand at its
beginning and have the same filter and fields are told the same of it, so that is encoded once.
"""

from collections import deque
from collections.abc import Sequence
from sys import getsizeof
from typing import Final
from uuid import UUID

from stream_svc.domain.encodings import Encodings
from stream_svc.domain.fields import ALL_FIELDS, Fields
from stream_svc.domain.filters import LeadFilter
from stream_svc.domain.follow import Change, Frames, Place, frames_of

CHANGE_BYTES: Final = 1152
"""About what a change with its facets takes in memory besides the texts of any length."""
BATCH_BYTES: Final = 512
"""About what a batch takes besides its changes."""
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
        self.size = BATCH_BYTES + sum(map(_size_of, changes))


class Ring:
    """A bounded row of batches without a gap between them.

    Args:
        most_bytes: Memory that all of it may take: one half is for the changes, the other
            for what followers were told of them.
    """

    def __init__(self, *, most_bytes: int) -> None:
        self._most_bytes = most_bytes // 2
        self._batches: deque[Batch] = deque()
        self._bytes = 0
        self._encodings = Encodings(most_bytes=most_bytes // 2)
        self.epoch: UUID | None = None
        self.pos = 0

    def restart(self, *, epoch: UUID, pos: int) -> None:
        """Forget everything and begin at a position."""
        self._batches.clear()
        self._encodings.clear()
        self._bytes = 0
        self.epoch = epoch
        self.pos = pos

    def append(self, batch: Batch) -> None:
        """Add the changes that come next; the oldest make room for them."""
        if batch.after != self.pos:
            raise ValueError(f"a batch after {batch.after} does not follow {self.pos}")
        self._batches.append(batch)
        self._bytes += batch.size
        self.pos = batch.pos
        while self._bytes > self._most_bytes:
            self._bytes -= self._batches.popleft().size

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

    def frames(
        self, batch: Batch, place: Place, leads: LeadFilter, fields: Fields = ALL_FIELDS
    ) -> Frames:
        """Tell a follower, who holds the whole snapshot, what is new to him in a batch."""
        if place.pos > batch.after:
            fresh = [change for change in batch.changes if change.pos > place.pos]
            return _encoded(fresh, place, leads, fields)
        fingerprint = leads.fingerprint + fields.fingerprint
        known = self._encodings.get(batch.pos, fingerprint)
        if known is None:
            known = _encoded(batch.changes, place, leads, fields)
            self._encodings.keep(batch.pos, fingerprint, known)
        return known

    def _after(self, pos: int) -> list[Batch]:
        found = []
        for batch in reversed(self._batches):
            if batch.pos <= pos:
                break
            found.append(batch)
        return found[::-1]


def _encoded(changes: Sequence[Change], place: Place, leads: LeadFilter, fields: Fields) -> Frames:
    told = frames_of(changes, place=place, leads=leads)
    return Frames(fields.of_frames(told.lines), told.puts)


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


def _size_of(change: Change) -> int:
    domains = [facets.email_domain for facets in (change.before, change.after) if facets]
    return CHANGE_BYTES + sum(map(getsizeof, [change.document, *domains]))
