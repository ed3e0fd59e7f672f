"""How calls are made: paths, headers, bodies, and who reads the answer."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import quote
from uuid import UUID, uuid4

from leadwire_client._core.decoding import encode, read_as
from leadwire_client._core.wire import Answer, Call, Query, Request

T = TypeVar("T")
Id: TypeAlias = UUID | str

_JSON: Final = {"Content-Type": "application/json"}


def get(path: str, kind: type[T], query: Query = ()) -> Call[T]:
    """Read something."""
    return read(path, reader(kind), query)


def read(path: str, understand: Callable[[Answer], T], query: Query = ()) -> Call[T]:
    """Read something whose answer is not JSON alone."""
    request = Request(method="GET", path=path, query=query)
    return Call(request=request, read=understand, repeatable=True)


def write(
    method: str,
    path: str,
    kind: type[T],
    *,
    body: Mapping[str, object] | None = None,
    query: Query = (),
    headers: Mapping[str, str] | None = None,
    repeatable: bool = True,
) -> Call[T]:
    """Change something; the body, if there is one, is JSON."""
    content = None if body is None else encode(body)
    described = _JSON if body is not None else {}
    request = Request(
        method=method,
        path=path,
        query=query,
        headers={**described, **(headers or {})},
        body=content,
    )
    return Call(request=request, read=reader(kind), repeatable=repeatable)


def delete(path: str, *, query: Query = (), headers: Mapping[str, str] | None = None) -> Call[None]:
    """Delete something."""
    request = Request(method="DELETE", path=path, query=query, headers=headers or {})
    return Call(request=request, read=lambda _: None, repeatable=True)


def reader(kind: type[T]) -> Callable[[Answer], T]:
    """Give what reads a good answer as JSON of this kind."""
    return lambda answer: read_as(kind, answer)


def path_of(collection: str, identity: Id, *rest: str) -> str:
    """Give the path of a thing, or of a part of it."""
    return "/".join(["/v1", collection, quote(str(identity), safe=""), *rest])


def place(cursor: str | None, limit: int) -> Query:
    """Say which page of a list."""
    return (("limit", str(limit)), *query_of(cursor=cursor))


def query_of(**values: object) -> Query:
    """Give those that are not None, as parameters."""
    return tuple((name, str(value)) for name, value in fields(**values).items())


def matching(tag: str | None) -> dict[str, str]:
    """Name the state to be changed; tags are written without quotes everywhere else."""
    return {} if tag is None else {"If-Match": f'"{tag}"'}


def fields(**values: Any) -> dict[str, object]:
    """Give those that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def new_key() -> str:
    """Give an idempotency key that nobody has used."""
    return str(uuid4())
