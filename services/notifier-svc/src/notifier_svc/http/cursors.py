"""Opaque cursors of keyset pages."""

import base64
import binascii
import struct
from typing import Final
from uuid import UUID

from leadwire.http import Problem, invalid_request
from notifier_svc.domain.journal import JournalPlace

_PLACE: Final = struct.Struct(">qq")


def place_cursor(place: JournalPlace) -> str:
    """Make a cursor that continues after a place in the journal."""
    return _encoded(_PLACE.pack(place.turn, place.position))


def read_place_cursor(cursor: str | None) -> JournalPlace | None:
    """Read what `place_cursor` made.

    Raises:
        Problem: 400 `invalid_request`.
    """
    if cursor is None:
        return None
    return JournalPlace(*_PLACE.unpack(_decoded(cursor, length=_PLACE.size)))


def id_cursor(value: UUID) -> str:
    """Make a cursor that continues after an id."""
    return _encoded(value.bytes)


def read_id_cursor(cursor: str | None) -> UUID | None:
    """Read what `id_cursor` made.

    Raises:
        Problem: 400 `invalid_request`.
    """
    return None if cursor is None else UUID(bytes=_decoded(cursor, length=16))


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(cursor: str, *, length: int) -> bytes:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _invalid() from None
    if len(raw) != length:
        raise _invalid()
    return raw


def _invalid() -> Problem:
    message = "Not a cursor of this listing: use next_cursor as it was given"
    return invalid_request([{"in": "query", "path": "cursor", "message": message}], status=400)
