"""Bound the memory that resumes take while they come in."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from typing import Final

from import_svc.http.errors import TooManyUploadsError
from leadwire.http import RequestBody

FREE_BYTES: Final = 64 * 1024
"""What every request may take: those without a file are never refused."""


class UploadRoom:
    """The memory that the bodies of all requests of one kind may take together.

    Args:
        max_bytes: Most bytes, beside `FREE_BYTES` of each.
    """

    def __init__(self, *, max_bytes: int) -> None:
        self._left = max_bytes

    @contextmanager
    def place(self) -> Iterator["Place"]:
        """Take room for one body, for as long as it is needed."""
        place = Place(self)
        try:
            yield place
        finally:
            self._left += place.taken

    def take(self, size: int) -> None:
        """Take some bytes.

        Raises:
            TooManyUploadsError: There are not as many.
        """
        if size > self._left:
            raise TooManyUploadsError
        self._left -= size


class Place:
    """The room of one body.

    Args:
        room: Of all of them.

    Attributes:
        taken: Bytes taken of the room.
    """

    def __init__(self, room: UploadRoom) -> None:
        self._room = room
        self._free = FREE_BYTES
        self.taken = 0

    async def pieces(self, body: RequestBody) -> AsyncGenerator[bytes]:
        """Yield a body as it comes in, taking room for it.

        Raises:
            TooManyUploadsError: There is no room left.
            Problem: See `RequestBody.chunks`.
        """
        async for piece in body.chunks():
            free = min(self._free, len(piece))
            self._free -= free
            self._room.take(len(piece) - free)
            self.taken += len(piece) - free
            yield piece
