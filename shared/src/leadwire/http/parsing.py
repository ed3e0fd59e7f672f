"""Turn a request into the arguments that a handler's annotations ask for.

What does not fit is refused with the place and the reason, and without the value: an
answer, and whatever logs it, must not repeat personal data.
"""

import inspect
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any

import orjson
from aiohttp import web
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from leadwire.http.bodies import RequestBody
from leadwire.http.operations import Operation
from leadwire.http.problems import JSON, Problem

_Model = typing.TypeVar("_Model", bound=BaseModel)

_MOST_ERRORS = 20
_LONGEST_NAME = 64

# Messages of pydantic that quote the refused value, in words that do not.
_DISCREET = {
    "uuid_parsing": "Input should be a valid UUID",
    "union_tag_invalid": "Input tag is none of the expected ones",
    "url_parsing": "Input should be a valid URL",
}

# Headers that are lists, so that several lines of them are one (RFC 9110, 5.3).
_LISTS = frozenset({"accept", "if-match", "if-none-match", "prefer"})

# What pydantic sets before the message of a validator of ours.
_OF_A_VALIDATOR = "Value error, "


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What a handler wants, read once from its signature.

    Attributes:
        body: The model of the JSON body; `RequestBody` for the raw one; None for no body.
        query: The model of the query string.
        headers: The model of the request headers.
        path: The type of each path parameter.
    """

    body: type[BaseModel] | type[RequestBody] | None
    query: type[BaseModel] | None
    headers: type[BaseModel] | None
    path: Mapping[str, TypeAdapter[Any]]


def bind(operation: Operation) -> Binding:
    """Read what the operation's handler wants from its annotations.

    Raises:
        TypeError: The signature and the path template do not fit.
    """
    hints = typing.get_type_hints(operation.handler, include_extras=True)
    names = [
        name
        for name, parameter in inspect.signature(operation.handler).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    ]
    special = {name: hints[name] for name in names if name in {"body", "query", "headers"}}
    path = {name: TypeAdapter(hints[name]) for name in names if name not in special}
    in_template = set(path_parameters(operation.path))
    if in_template != set(path):
        raise TypeError(
            f"{operation.method} {operation.path}: the path has the parameters "
            f"{sorted(in_template)}, the handler's keyword-only parameters are {sorted(path)}"
        )
    return Binding(
        body=special.get("body"),
        query=special.get("query"),
        headers=special.get("headers"),
        path=path,
    )


def path_parameters(template: str) -> Iterator[str]:
    """Name the parameters of a path template, without their patterns."""
    for part in template.split("{")[1:]:
        yield part.split("}")[0].split(":")[0]


def wire_name(name: str, field: FieldInfo) -> str:
    """The name by which a client sends a field of a query or header model."""
    alias = field.validation_alias
    return alias if isinstance(alias, str) else name


async def arguments(request: web.Request, binding: Binding, *, body: RequestBody) -> dict[str, Any]:
    """Parse everything the handler wants.

    Raises:
        Problem: 400 or 422 `invalid_request`, 400 `malformed_json`, 415
            `unsupported_media_type`, and what reading the body may raise.
    """
    found: dict[str, Any] = {}
    for name, adapter in binding.path.items():
        raw = _storable(request.match_info[name], place="path", name=name)
        found[name] = _parse(adapter.validate_python, raw, place="path", name=name)
    if binding.query is not None:
        raw_query = _raw_query(request, binding.query)
        found["query"] = _parse(binding.query.model_validate, raw_query, place="query")
    else:
        _refuse_unknown(request.query.keys(), set())
    if binding.headers is not None:
        raw_headers = _raw_headers(request, binding.headers)
        found["headers"] = _parse(binding.headers.model_validate, raw_headers, place="header")
    if binding.body is RequestBody:
        body.refuse_announced()
        found["body"] = body
    elif binding.body is not None:
        found["body"] = await _parse_json(body, typing.cast("type[BaseModel]", binding.body))
    return found


def invalid_request(errors: Sequence[JSON], *, status: int) -> Problem:
    """The problem that lists what is wrong with a request.

    Args:
        errors: Mappings of `in` (path, query, header, body), `path` and `message`.
        status: 422 for a body that is JSON but not what was asked for; 400 otherwise.
    """
    return Problem(
        status=status,
        code="invalid_request",
        detail="The request has wrong or missing values; see errors.",
        errors=errors[:_MOST_ERRORS],
    )


async def _parse_json(body: RequestBody, model: type[_Model]) -> _Model:
    if not _is_json(body):
        raise Problem(
            status=415,
            code="unsupported_media_type",
            detail="This operation takes a body of content type application/json, in UTF-8.",
        )
    return model_of_json(await body.read(), model)


def model_of_json(raw: bytes, model: type[_Model]) -> _Model:
    """Parse a JSON body; for those who read it themselves.

    Raises:
        Problem: 400 `malformed_json`, 422 `invalid_request`.
    """
    try:
        content: object = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Problem(
            status=400,
            code="malformed_json",
            detail=f"The body is not JSON: it breaks at line {error.lineno}, column {error.colno}.",
        ) from None
    if b"\\u0000" in raw:
        _refuse_nul(content)
    return _parse(model.model_validate_json, raw, place="body")


def model_of_fields(fields: Mapping[str, str], model: type[_Model]) -> _Model:
    """Parse the fields of a form as if they had come as a JSON object.

    Raises:
        Problem: 422 `invalid_request`.
    """
    _refuse_nul(fields)
    return _parse(model.model_validate, fields, place="body")


def _is_json(body: RequestBody) -> bool:
    kind = body.content_type
    return (
        kind in {"application/json", ""}
        or (kind.startswith("application/") and kind.endswith("+json"))
    ) and (body.charset or "utf-8").lower() in {"utf-8", "utf8", "us-ascii"}


def _refuse_nul(content: object) -> None:
    if _has_nul(content):
        message = "Text must not contain the character U+0000"
        raise invalid_request([{"in": "body", "path": "", "message": message}], status=422)


def _has_nul(content: object) -> bool:
    """Tell whether any text holds U+0000, which JSON allows and Postgres does not."""
    pending = [content]
    while pending:
        match pending.pop():
            case str() as text if "\x00" in text:
                return True
            case Mapping() as mapping:
                pending.extend(mapping.keys())
                pending.extend(mapping.values())
            case list() as items:
                pending.extend(items)
    return False


_Parsed = typing.TypeVar("_Parsed")


def _parse(
    validate: Callable[[Any], _Parsed], raw: object, *, place: str, name: str = ""
) -> _Parsed:
    try:
        return validate(raw)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        status = 422 if place == "body" else 400
        raise invalid_request(
            [_describe(each, place=place, name=name) for each in details], status=status
        ) from None


def _describe(error: ErrorDetails, *, place: str, name: str) -> JSON:
    path = ".".join(str(part)[:_LONGEST_NAME] for part in error["loc"]) or name
    message = _DISCREET.get(error["type"]) or error["msg"].removeprefix(_OF_A_VALIDATOR)
    return {"in": place, "path": path, "message": message}


def _raw_query(request: web.Request, model: type[BaseModel]) -> dict[str, str | list[str]]:
    fields = {wire_name(name, field): field for name, field in model.model_fields.items()}
    _refuse_unknown(request.query.keys(), set(fields))
    raw: dict[str, str | list[str]] = {}
    for name in set(request.query):
        values = [_storable(each, place="query", name=name) for each in request.query.getall(name)]
        if _takes_many(fields[name].annotation):
            raw[name] = values
        elif len(values) == 1:
            raw[name] = values[0]
        else:
            raise _bad_parameter("query", name, "The parameter is given more than once")
    return raw


def _raw_headers(request: web.Request, model: type[BaseModel]) -> dict[str, str]:
    names = [wire_name(name, field) for name, field in model.model_fields.items()]
    raw = {}
    for name in names:
        given = request.headers.getall(name, [])
        if len(given) > 1 and name.lower() not in _LISTS:
            raise _bad_parameter("header", name, "The header is given more than once")
        if given:
            raw[name] = _storable(", ".join(given), place="header", name=name)
    return raw


def _refuse_unknown(given: typing.Iterable[str], known: set[str]) -> None:
    for name in given:
        if name not in known:
            hint = f"known are: {', '.join(sorted(known))}" if known else "none is expected"
            raise _bad_parameter("query", name, f"Unknown parameter; {hint}")


def _storable(value: str, *, place: str, name: str) -> str:
    """Refuse text that no database and no UTF-8 encoder takes."""
    if "\x00" in value or any("\ud800" <= each <= "\udfff" for each in value):
        raise _bad_parameter(place, name, "Text must be UTF-8 without the character U+0000")
    return value


def _bad_parameter(place: str, name: str, message: str) -> Problem:
    safe_name = name.encode("utf-8", "replace").decode()[:_LONGEST_NAME]
    return invalid_request([{"in": place, "path": safe_name, "message": message}], status=400)


def _takes_many(annotation: object) -> bool:
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _takes_many(typing.get_args(annotation)[0])
    if origin in {typing.Union, UnionType}:
        return any(_takes_many(each) for each in typing.get_args(annotation))
    return (origin or annotation) in {list, tuple, set, frozenset, Sequence}
