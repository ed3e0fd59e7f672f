"""Opaque cursors of keyset pages."""

import base64
import binascii
from uuid import UUID

from leadwire.http import Problem, invalid_request


def id_cursor(value: UUID) -> str:
    """Make a cursor that continues after an id."""
    return _encoded(value.bytes)


def read_id_cursor(cursor: str | None) -> UUID | None:
    """Read what `id_cursor` made.

    Raises:
        Problem: 400 `invalid_request`.
    """
    return None if cursor is None else UUID(bytes=_decoded(cursor, length=16))


def number_cursor(value: int) -> str:
    """Make a cursor that continues after a number."""
    return _encoded(value.to_bytes(8))


def read_number_cursor(cursor: str | None) -> int:
    """Read what `number_cursor` made; 0 for no cursor.

    Raises:
        Problem: 400 `invalid_request`.
    """
    return 0 if cursor is None else int.from_bytes(_decoded(cursor, length=8), signed=True)


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
