"""Tell how large a body is while it comes in: JSON without its escapes."""

from typing import Final

MOST_PER_BYTE: Final = 6
"""Bytes of JSON that may stand for one: a letter may be written as `\\u0041`."""


class Size:
    """Counts bytes.

    Attributes:
        counted: Bytes of all that came so far.
    """

    def __init__(self) -> None:
        self.counted = 0

    def feed(self, piece: bytes) -> None:
        """Count what comes next."""
        self.counted += len(piece)


class UnescapedSize(Size):
    r"""Counts JSON with each escape as the one byte that it is at least.

    So text is never taken for larger than it is, and for smaller only by what `\u` stands for,
    which is up to three bytes.
    """

    def __init__(self) -> None:
        super().__init__()
        self._cut = b""

    def feed(self, piece: bytes) -> None:
        """Count what comes next, as far as it is clear what it stands for."""
        piece = self._cut + piece
        backslashes = len(piece) - len(piece.rstrip(b"\\"))
        self._cut = b"\\" * (backslashes % 2)
        piece = piece[: len(piece) - len(self._cut)]
        # In pairs they stand for one each, and what follows is no escape.
        single = piece.replace(b"\\\\", b"")
        pairs = (len(piece) - len(single)) // 2
        escapes, by_number = single.count(b"\\"), single.count(b"\\u")
        self.counted += len(piece) - pairs - escapes - 4 * by_number
