"""Opaque cursors of keyset pages."""

import base64
import binascii
from typing import Final
from uuid import UUID

from leadwire.http import invalid_request

_UUID_BYTES: Final = 16


def write_cursor(last_id: UUID) -> str:
    """Make a cursor that continues after an id."""
    return base64.urlsafe_b64encode(last_id.bytes).rstrip(b"=").decode()


def read_cursor(cursor: str | None) -> UUID | None:
    """Read what `write_cursor` made.

    Raises:
        Problem: 400 `invalid_request`.
    """
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != _UUID_BYTES:
        message = "Not a cursor of this listing: use next_cursor as it was given"
        raise invalid_request([{"in": "query", "path": "cursor", "message": message}], status=400)
    return UUID(bytes=raw)
