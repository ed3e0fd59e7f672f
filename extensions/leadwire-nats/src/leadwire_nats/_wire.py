"""Messages as NATS messages and back.

A NATS header can hold neither a line's end, nor an empty or blank-edged value, nor two names that
differ in a forbidden character. So all that a message has beside its body is one header, JSON in
ASCII, which survives any client: `{"id", "type", "content_type", "headers"}`.

There is no `Nats-Msg-Id`: the server would drop a second message of the same id within its window,
also when it is a replay of what was handled a minute ago. Who receives twice is told by the id.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Final

from leadwire.broker import Message
from leadwire_nats._names import MAX_TOKEN, token

HEADER: Final = "Leadwire-Message"

_MARGIN: Final = 256
"""Bytes that the server may count beside header and body."""


def encoded(message: Message) -> dict[str, str]:
    """Return the headers that carry the message."""
    text = {
        "id": message.id,
        "type": message.type,
        "content_type": message.content_type,
        "headers": dict(message.headers),
    }
    return {HEADER: json.dumps(text, ensure_ascii=True, separators=(",", ":"))}


def refusal(message: Message, headers: Mapping[str, str], *, max_payload: int) -> str | None:
    """Say why the message can never be sent, or None if it can.

    What is too large would end the connection, and with it all that is in flight.
    """
    texts = (message.id, message.type, message.content_type, *message.headers)
    try:
        "".join((*texts, *message.headers.values())).encode()
    except UnicodeEncodeError:
        return "a text cannot be encoded as UTF-8"
    if not message.id or not message.type:
        return "the id and the type must not be empty"
    if len(token(message.type)) > MAX_TOKEN:
        return "the type is too long"
    if len(message.body) + len(headers[HEADER]) + _MARGIN > max_payload:
        return f"body and headers exceed the server's {max_payload} bytes"
    return None


def decoded(*, subject: str, headers: Mapping[str, str] | None, body: bytes) -> Message:
    """Return what was delivered, also if somebody else published it without our care."""
    try:
        text = json.loads((headers or {})[HEADER])
        return Message(
            id=str(text["id"]),
            type=str(text["type"]),
            body=body,
            headers={str(name): str(value) for name, value in text["headers"].items()},
            content_type=str(text["content_type"]),
        )
    except (KeyError, ValueError, TypeError, AttributeError):
        # The same id for every delivery of the message, so that an inbox still works.
        made_up = f"sha256:{hashlib.sha256(body).hexdigest()}"
        return Message(id=made_up, type=subject.rpartition(".")[2], body=body)
