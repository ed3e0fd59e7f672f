"""An event as it was received."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedEvent:
    """The attributes by which an event is found, and all that is needed to send it again.

    Attributes:
        id: Unique at its source.
        source: Who published it.
        type: Any event type, also one that is not known here.
        subject: What it is about, if it says so.
        time: When it happened, if it says so.
        content_type: Media type of the body.
        body: Exactly as received.
        headers: Exactly as received.
    """

    id: str
    source: str
    type: str
    subject: str | None
    time: datetime | None
    content_type: str
    body: bytes
    headers: Mapping[str, str]
