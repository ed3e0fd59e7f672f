"""Bytes to values, and what a refusal says."""

from collections.abc import Hashable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from typing import Any, Final, TypeVar, cast

import msgspec

from leadwire_client import frames
from leadwire_client._core.wire import Answer
from leadwire_client.errors import ProblemError, ProtocolError, problem_class
from leadwire_client.frames import Frame

T = TypeVar("T")

LINES: Final = "application/x-ndjson"
FOREIGN: Final = "http_error"
"""Code of a refusal that no Leadwire wrote, but a gateway or another server."""

_FRAMES: Final[Mapping[str, type[Frame]]] = {
    "hello": frames.Hello,
    "put": frames.Put,
    "gone": frames.Gone,
    "mark": frames.Mark,
    "synced": frames.Synced,
    "bye": frames.Bye,
    "error": frames.Fault,
    "end": frames.End,
}


class _Typed(msgspec.Struct):
    type: str


def decode(content: bytes, kind: type[T]) -> T:
    """Read JSON as a value of this kind; members that it does not know are ignored.

    Raises:
        ProtocolError: It is no JSON, or something else.
    """
    try:
        value: T = _decoder(cast("Hashable", kind)).decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(f"not what a Leadwire server answers: {error}") from error
    return value


def decode_frame(line: bytes) -> Frame | None:
    """Read a line of a stream; None if its type is unknown.

    Raises:
        ProtocolError: It is no frame.
    """
    kind = _FRAMES.get(decode(line, _Typed).type)
    return None if kind is None else decode(line, kind)


def encode(value: object) -> bytes:
    """Write JSON."""
    return msgspec.json.encode(value)


def read_as(kind: type[T], answer: Answer) -> T:
    """Read the body of a good answer.

    Raises:
        ProtocolError: It is something else.
    """
    return decode(answer.body, kind)


def problem_of(answer: Answer) -> ProblemError:
    """Give what a refusal says, also one that a gateway wrote."""
    members = _members(answer)
    title = _phrase(answer.status)
    known = {"type", "title", "status", "code", "detail", "request_id", "errors"}
    return problem_class(answer.status)(
        status=answer.status,
        code=_text(members, "code") or FOREIGN,
        detail=_text(members, "detail") or _text(members, "title") or title,
        request_id=_text(members, "request_id") or answer.headers.get("x-request-id", ""),
        errors=[each for each in _list(members, "errors") if isinstance(each, dict)],
        retry_after=retry_after(answer.headers),
        extra={name: value for name, value in members.items() if name not in known},
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Give the seconds of `Retry-After`, which may be a number or a date."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _members(answer: Answer) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(answer.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    return value if isinstance(value, str) else ""


def _list(members: Mapping[str, Any], name: str) -> list[Any]:
    value = members.get(name)
    return value if isinstance(value, list) else []


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
