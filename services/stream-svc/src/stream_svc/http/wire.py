"""The two ways to write a stream: lines of JSON, or server-sent events."""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
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


NDJSON: Final = Wire("application/x-ndjson", _as_lines)
EVENTS: Final = Wire("text/event-stream", _as_events)

WIRES: Final = MappingProxyType({wire.media_type: wire for wire in (NDJSON, EVENTS)})
"""By media type; the first one is for those who do not say."""
