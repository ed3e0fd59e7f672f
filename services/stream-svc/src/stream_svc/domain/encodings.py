"""Frames that a follower was told, kept for others who are to be told the same.

They are bounded in bytes over all batches and filters, because followers choose how many
filters there are. Those of older batches make room, never those of the same batch or of a
newer one: so if there are more filters than fit, some are shared by all who have them, and
the others are encoded for each follower.
"""

from sys import getsizeof
from typing import Final

from stream_svc.domain.follow import Frames

ENTRY_BYTES: Final = 512
"""About what an entry takes in memory besides its lines: half again of what was measured."""

_Key = tuple[int, bytes]


class Encodings:
    """Frames by the batch's last position and the fingerprint of filter and fields.

    Args:
        most_bytes: Memory that they may take.
    """

    def __init__(self, *, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._kept: dict[_Key, Frames] = {}
        self._bytes = 0

    def get(self, pos: int, fingerprint: bytes) -> Frames | None:
        """Give what is kept; None if nothing is."""
        return self._kept.get((pos, fingerprint))

    def keep(self, pos: int, fingerprint: bytes, frames: Frames) -> None:
        """Keep frames that are not kept yet, if there is room or older ones can make it."""
        size = size_of(frames)
        while self._bytes + size > self._most_bytes and self._oldest_is_before(pos):
            self._forget_oldest()
        if self._bytes + size <= self._most_bytes:
            self._kept[pos, fingerprint] = frames
            self._bytes += size

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._bytes = 0

    def _oldest_is_before(self, pos: int) -> bool:
        oldest = next(iter(self._kept), None)
        return oldest is not None and oldest[0] < pos

    def _forget_oldest(self) -> None:
        self._bytes -= size_of(self._kept.pop(next(iter(self._kept))))


def size_of(frames: Frames) -> int:
    """Give about how many bytes of memory kept frames take."""
    return ENTRY_BYTES + getsizeof(frames.lines)
