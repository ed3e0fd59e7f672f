"""How a stream is compressed on its way: flushed with every batch, so that none is held back."""

import zlib
from collections.abc import Iterator
from typing import Final, Protocol

PIECE_BYTES: Final = 256 * 1024
"""What is compressed, and written, at once: others get their turn in between, and a reader has
to take this much within the deadline, not a whole page."""

# Frames are alike, so the fastest level and a small window serve almost as well as more, and a
# stream costs 50 KiB instead of 256.
_LEVEL: Final = 1
_WINDOW_BITS: Final = 13
_MEMORY_LEVEL: Final = 5
_AS_GZIP: Final = 16

Piece = bytes | memoryview


class Coding(Protocol):
    """Turns a stream's bytes into those that are sent."""

    name: str | None
    """As `Content-Encoding` has it; None if the bytes stay as they are."""

    def pieces(self, data: bytes) -> Iterator[Piece]:
        """Give what to send of a batch; with the last piece the client has all of it."""
        ...

    def end(self) -> bytes:
        """Give what to send last."""
        ...


class Identity:
    """Leaves the bytes as they are."""

    name: str | None = None

    def pieces(self, data: bytes) -> Iterator[Piece]:
        """See `Coding`."""
        view = memoryview(data)
        for offset in range(0, len(view), PIECE_BYTES):
            yield view[offset : offset + PIECE_BYTES]

    def end(self) -> bytes:
        """See `Coding`."""
        return b""


class Gzip:
    """Compresses the bytes of one stream."""

    name: str | None = "gzip"

    def __init__(self) -> None:
        self._compressor = zlib.compressobj(
            _LEVEL, zlib.DEFLATED, _WINDOW_BITS + _AS_GZIP, _MEMORY_LEVEL
        )

    def pieces(self, data: bytes) -> Iterator[Piece]:
        """See `Coding`."""
        for piece in Identity().pieces(data):
            yield self._compressor.compress(piece) + self._compressor.flush(zlib.Z_SYNC_FLUSH)

    def end(self) -> bytes:
        """See `Coding`."""
        return self._compressor.flush(zlib.Z_FINISH)
