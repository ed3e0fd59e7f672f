"""Frames of the stream: one JSON object a line, `type` first.

`put` carries a lead's stored JSON untouched; nothing here encodes a lead. `put` frames of
snapshot pages are made by the database of the parts of `SNAPSHOT_PUT`.
"""

from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

import orjson

PROTOCOL: Final = 1
PUT_BEGINS: Final = b'{"type":"put",'
"""What lines with a lead begin with, and no others."""

WhyPut = Literal["snapshot", "enter", "change"]
WhyGone = Literal["left", "erased"]


@dataclass(frozen=True, slots=True)
class PutParts:
    """What stands around a lead's id, rev and JSON in a `put` frame."""

    before_id: str
    before_rev: str
    before_lead: str
    end: str


def _put_parts(why: WhyPut) -> PutParts:
    return PutParts('{"type":"put","id":"', '","rev":', f',"why":"{why}","lead":', "}\n")


SNAPSHOT_PUT: Final = _put_parts("snapshot")
_ENTER: Final = _put_parts("enter")
_CHANGE: Final = _put_parts("change")
_ID_LENGTH: Final = len(str(UUID(int=0)))


def lead_id_of(snapshot_put: bytes) -> UUID:
    """Give the id of the lead in a frame that was made of `SNAPSHOT_PUT`."""
    begin = len(SNAPSHOT_PUT.before_id)
    return UUID(snapshot_put[begin : begin + _ID_LENGTH].decode())


def hello(*, epoch: UUID, heartbeat_seconds: float) -> bytes:
    """Say who speaks: the first frame of every stream."""
    return _line(
        {
            "type": "hello",
            "protocol": PROTOCOL,
            "epoch": str(epoch),
            "heartbeat_s": heartbeat_seconds,
        }
    )


def put(*, lead_id: UUID, rev: int, why: Literal["enter", "change"], document: str) -> bytes:
    """Say that the client holds this lead now."""
    parts = _ENTER if why == "enter" else _CHANGE
    return (
        f"{parts.before_id}{lead_id}{parts.before_rev}{rev}{parts.before_lead}{document}{parts.end}"
    ).encode()


def gone(*, lead_id: UUID, rev: int, why: WhyGone) -> bytes:
    """Say that the client does not hold this lead any more."""
    return _line({"type": "gone", "id": str(lead_id), "rev": rev, "why": why})


def mark(*, cursor: str, lag_ms: int) -> bytes:
    """Say where to resume: all frames before it are applied, none after it."""
    return _line({"type": "mark", "cursor": cursor, "lag_ms": lag_ms})


def synced(*, cursor: str) -> bytes:
    """Say that the snapshot is complete and that live changes follow."""
    return _line({"type": "synced", "cursor": cursor})


def error(*, code: str, retryable: bool) -> bytes:
    """Say that the stream ends because something went wrong."""
    return _line({"type": "error", "code": code, "retryable": retryable})


def bye(*, reason: str, reconnect_ms: int) -> bytes:
    """Say that the stream ends although nothing is wrong: come again in a while."""
    return _line({"type": "bye", "reason": reason, "reconnect_ms": reconnect_ms})


def end(*, count: int) -> bytes:
    """Say that a stream that does not follow is complete, with its number of `put` frames."""
    return _line({"type": "end", "count": count})


def _line(frame: dict[str, object]) -> bytes:
    return orjson.dumps(frame, option=orjson.OPT_APPEND_NEWLINE)
