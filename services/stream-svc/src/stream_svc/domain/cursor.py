"""The stream's cursor: an opaque place that clients hold, so that no server has to remember it.

It says: *the client holds the exact filtered state as of `pos` for all ids
up to `key`*. It is bytes in URL-safe base64 with a checksum, so that a cut or mistyped
one is told from an old one. The checksum is no protection against forgery, and none is
needed: a cursor grants nothing that its filter does not.
"""

import binascii
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID
from zlib import crc32

VERSION: Final = 1
START_KEY: Final = UUID(int=0)
"""No id is up to this one: nothing of the snapshot has been sent."""
END_KEY: Final = UUID(int=2**128 - 1)
"""Every id is up to this one: the snapshot is complete."""

_MAX_TEXT: Final = 200
_STREAM: Final = struct.Struct("!B16sQ16s8s")
_CHECKSUM: Final = struct.Struct("!I")
_MAX_POS: Final = 2**63 - 1


class InvalidCursorError(Exception):
    """The cursor is damaged, or of a stream with other filters; the message says which."""

    code: Final = "invalid_cursor"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCursor:
    """A place in the change log and in the snapshot.

    Attributes:
        epoch: Which life of the projection the position belongs to.
        pos: Position in the change log.
        key: Greatest id of the snapshot that the client holds.
        fingerprint: Of the filter that the client's state is filtered by.
    """

    epoch: UUID
    pos: int
    key: UUID
    fingerprint: bytes

    def encode(self) -> str:
        """Give the opaque text."""
        return _seal(
            _STREAM.pack(VERSION, self.epoch.bytes, self.pos, self.key.bytes, self.fingerprint)
        )

    @classmethod
    def decode(cls, text: str) -> "StreamCursor":
        """Read the opaque text.

        Raises:
            InvalidCursorError: It is not one, is damaged, or is of another version.
        """
        epoch, pos, key, fingerprint = _open(text)
        if pos > _MAX_POS:
            raise InvalidCursorError("the cursor's position is out of range")
        return cls(epoch=UUID(bytes=epoch), pos=pos, key=UUID(bytes=key), fingerprint=fingerprint)


def _seal(payload: bytes) -> str:
    return urlsafe_b64encode(payload + _CHECKSUM.pack(crc32(payload))).decode().rstrip("=")


def _open(text: str) -> tuple[Any, ...]:
    raw = _bytes_of(text)
    payload, checksum = raw[: -_CHECKSUM.size], raw[-_CHECKSUM.size :]
    if len(raw) <= _CHECKSUM.size or checksum != _CHECKSUM.pack(crc32(payload)):
        raise InvalidCursorError("the cursor is damaged")
    if len(payload) != _STREAM.size or payload[0] != VERSION:
        raise InvalidCursorError("the cursor is of another version")
    return _STREAM.unpack(payload)[1:]


def _bytes_of(text: str) -> bytes:
    if not text or len(text) > _MAX_TEXT:
        raise InvalidCursorError("the cursor is damaged")
    try:
        return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (UnicodeEncodeError, binascii.Error):
        raise InvalidCursorError("the cursor is damaged") from None
