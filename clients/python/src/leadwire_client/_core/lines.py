r"""Lines out of bytes that come in any pieces.

Only the byte `\n` ends a line. Text has other line breaks, as U+2028, and JSON may hold them
as they are: `str.splitlines` would cut a frame in two.
"""

from collections.abc import Iterator
from typing import Final

from leadwire_client.errors import ProtocolError

MOST_BYTES: Final = 64 * 1024 * 1024
"""Of one line: no frame comes near it, and memory is to have an end."""


class LineDecoder:
    """Gives each line as soon as its last byte has come.

    Args:
        most_bytes: A longer line is refused.
    """

    def __init__(self, *, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._pieces: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        r"""Take bytes; give the lines that are complete, without `\n`, and no empty ones.

        Raises:
            ProtocolError: A line is too long.
        """
        *complete, rest = data.split(b"\n")
        for end in complete:
            line = b"".join([*self._pieces, end])
            self._pieces, self._size = [], 0
            if line.strip():
                yield line
        self._keep(rest)

    def _keep(self, piece: bytes) -> None:
        if not piece:
            return
        # Joined only when the line ends: a long one in small pieces costs no more than its length.
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > self._most_bytes:
            raise ProtocolError(f"a line is longer than {self._most_bytes} bytes")
