"""The two ways to write a stream: lines of JSON, or server-sent events."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from stream_svc.usecases.follow_leads import Chunk


@dataclass(frozen=True, slots=True)
class Wire:
    """How chunks become bytes.

    Attributes:
        media_type: What the client asked for.
        encode: Gives a chunk's bytes.
    """

    media_type: str
    encode: Callable[[Chunk], bytes]


def _as_lines(chunk: Chunk) -> bytes:
    return chunk.lines


def _as_events(chunk: Chunk) -> bytes:
    """Give one event per frame; the last one bears the cursor as its id.

    An `EventSource` remembers the last id and sends it when it reconnects.
    """
    events = b"data: " + chunk.lines.rstrip(b"\n").replace(b"\n", b"\n\ndata: ") + b"\n"
    if chunk.cursor is not None:
        events += b"id: " + chunk.cursor.encode() + b"\n"
    return events + b"\n"


class NotAcceptableError(Exception):
    """The stream is application/x-ndjson or text/event-stream."""

    code: Final = "not_acceptable"

    def __init__(self) -> None:
        super().__init__("The stream is application/x-ndjson or text/event-stream.")


NDJSON: Final = Wire("application/x-ndjson", _as_lines)
EVENTS: Final = Wire("text/event-stream", _as_events)

_ANY: Final = frozenset({"*/*", "application/*", "application/json"})


def choose_wire(accept: str) -> Wire:
    """Choose by an `Accept` header.

    The first media type that can be met wins; weights are not looked at, but a type with
    weight 0 is refused.

    Raises:
        NotAcceptableError: Neither way is accepted.
    """
    ranges = [_media_range(part) for part in accept.split(",") if part.strip()]
    if not ranges:
        return NDJSON
    for media_range in ranges:
        if media_range in {EVENTS.media_type, "text/*"}:
            return EVENTS
        if media_range == NDJSON.media_type or media_range in _ANY:
            return NDJSON
    raise NotAcceptableError


def _media_range(part: str) -> str:
    name, _, parameters = part.partition(";")
    refused = parameters.replace(" ", "") in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return "" if refused else name.strip().lower()
