"""Begin a stream: what the client wants, and where it stands."""

import asyncio
from dataclasses import dataclass
from typing import Final

from stream_svc.domain.cursor import InvalidCursorError, StreamCursor
from stream_svc.domain.fields import ALL_FIELDS, Fields
from stream_svc.domain.filters import LeadFilter
from stream_svc.domain.follow import Place, beginning
from stream_svc.domain.steps import Head
from stream_svc.storage.change_log import ChangeLog
from stream_svc.usecases.errors import (
    CursorAheadError,
    CursorExpiredError,
)
from stream_svc.usecases.tail import Tail

AHEAD_SECONDS: Final = 2.0
"""How long a cursor from ahead is waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a client wants to be told.

    Attributes:
        leads: Which leads.
        fields: What of each.
        follow: Whether to stay for what changes.
        snapshot: Whether to begin with what there is; a cursor overrules it.
        cursor: Where the client stands.
    """

    leads: LeadFilter
    fields: Fields = ALL_FIELDS
    follow: bool
    snapshot: bool = True
    cursor: StreamCursor | None = None


async def begin_stream(change_log: ChangeLog, tail: Tail, wish: Wish) -> Place:
    """Find where a stream begins, before anything is sent.

    Raises:
        InvalidCursorError: The cursor is of another filter.
        CursorExpiredError: The log does not reach back to it, or is another log.
        CursorAheadError: Its position is not here yet, also after a short wait.
    """
    cursor = wish.cursor
    if cursor is None:
        head = await change_log.head()
        return beginning(epoch=head.epoch, pos=head.pos, snapshot=wish.snapshot)
    if cursor.fingerprint != wish.leads.fingerprint:
        raise InvalidCursorError("the cursor belongs to a stream with other filters")
    head = await _head_at(change_log, tail, cursor)
    if not head.serves(cursor.epoch, cursor.pos):
        raise CursorExpiredError
    if cursor.pos > head.pos:
        raise CursorAheadError
    return Place(epoch=cursor.epoch, pos=cursor.pos, key=cursor.key, resumed=True)


async def _head_at(change_log: ChangeLog, tail: Tail, cursor: StreamCursor) -> Head:
    """Give the log's head as soon as it has reached the cursor, or after a short wait."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + AHEAD_SECONDS
    with tail.watch() as watch:
        head = await change_log.head()
        while head.epoch == cursor.epoch and head.pos < cursor.pos and loop.time() < deadline:
            await watch.wait_within(deadline - loop.time())
            head = await change_log.head()
    return head
