"""Requests to be sent, and answers that came."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from leadwire_client.uploads import Upload

T = TypeVar("T")

Query = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request, but for the server's address and the credentials.

    Attributes:
        path: From the root of the server, escaped.
        within: Seconds that the answer may take to begin, if other than the client's.
    """

    method: str
    path: str
    query: Query = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Upload | None = None
    within: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer that has come whole.

    Attributes:
        headers: By lower-case name.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """A request, and how its answer is to be read.

    Attributes:
        read: Gives what a good answer means.
        repeatable: Whether sending it twice has the effect of once.
    """

    request: Request
    read: Callable[[Answer], T]
    repeatable: bool
