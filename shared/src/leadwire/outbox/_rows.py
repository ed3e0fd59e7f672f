"""How messages stand in columns."""

from collections.abc import Mapping, Sequence
from typing import Final

from leadwire.broker import Message

MAX_TEXT: Final = 2_000


def message_columns(message: Message) -> tuple[str, str, str, bytes, list[str]]:
    """Give `event_id, type, content_type, body, headers` of a message."""
    return (
        storable(message.id),
        storable(message.type),
        storable(message.content_type),
        message.body,
        [storable(text) for pair in message.headers.items() for text in pair],
    )


def headers_of(column: Sequence[str]) -> Mapping[str, str]:
    """Rebuild headers from names and values in turn."""
    return dict(zip(column[::2], column[1::2], strict=True))


def storable(text: str) -> str:
    """Give text that Postgres can hold, also for a message that came broken from outside.

    Without this, such a message could neither be handled nor parked, and would come
    again for ever.
    """
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "\ufffd").encode(errors="replace").decode()


def shortened(text: str) -> str:
    """Bound a reason or an error before it is stored."""
    return storable(text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…")
