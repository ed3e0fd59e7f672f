"""The problems that an operation can answer with, for the OpenAPI document."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from leadwire.access import Access
from leadwire.http.bodies import RequestBody
from leadwire.http.operations import ErrorResponse
from leadwire.http.paging import PageQuery
from leadwire.http.parsing import Binding
from leadwire.http.problems import PROBLEM_MEDIA_TYPE, title_of

Node: TypeAlias = dict[str, Any]

REF_PREFIX = "#/components/schemas/"

PROBLEM_SCHEMA: Node = {
    "type": "object",
    "description": "An error as RFC 9457 describes it. Branch on `code`.",
    "required": ["type", "title", "status", "code", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "description": "The code as a URN."},
        "title": {"type": "string", "description": "The HTTP status in words."},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable name of the kind of problem."},
        "detail": {"type": "string", "description": "What is wrong and what to do about it."},
        "request_id": {"type": "string", "description": "Give this when you report a problem."},
        "errors": {
            "type": "array",
            "description": "With `invalid_request`: every wrong or missing value.",
            "items": {
                "type": "object",
                "required": ["in", "path", "message"],
                "properties": {
                    "in": {"type": "string", "enum": ["path", "query", "header", "body"]},
                    "path": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}
_ANY_INPUT = ErrorResponse(400, "invalid_request", "A parameter is wrong, missing or unknown.")
_CREDENTIALS = (
    ErrorResponse(401, "unauthorized", "Credentials are missing or wrong."),
    ErrorResponse(403, "forbidden", "Who asks may not do this."),
    ErrorResponse(429, "too_many_attempts", "Passwords were tried too often; see `Retry-After`."),
)
_PAGE = ErrorResponse(
    400, "invalid_cursor", "The cursor is damaged, or of a listing with other filters."
)
_ANY_BODY = (
    ErrorResponse(400, "malformed_body", "The body's chunks or its gzip are broken or cut off."),
    ErrorResponse(413, "body_too_large", "The body is larger than allowed."),
    ErrorResponse(415, "unsupported_encoding", "The body has another encoding than gzip or none."),
)
_JSON_BODY = (
    ErrorResponse(400, "malformed_json", "The body is not JSON."),
    ErrorResponse(415, "unsupported_media_type", "The body is not application/json."),
    ErrorResponse(422, "invalid_request", "The body has wrong or missing values."),
)
_RAW_BODY = (ErrorResponse(415, "unsupported_media_type", "The body has another content type."),)
_ALWAYS = (
    ErrorResponse(500, "internal_error", "Something went wrong on our side."),
    ErrorResponse(503, "unavailable", "What the service needs does not answer now; try later."),
)


def error_responses(own: Sequence[ErrorResponse], binding: Binding, access: Access) -> Node:
    """Describe an operation's own problems and those that its kind has, by status."""
    errors = [*own, _ANY_INPUT]
    if access.heeds:
        errors += _CREDENTIALS
    if binding.query is not None and issubclass(binding.query, PageQuery):
        errors.append(_PAGE)
    if binding.body is RequestBody:
        errors += [*_ANY_BODY, *_RAW_BODY]
    elif binding.body is not None:
        errors += [*_ANY_BODY, *_JSON_BODY]
    errors += _ALWAYS
    return {
        str(status): _error_response([each for each in errors if each.status == status])
        for status in sorted({each.status for each in errors})
    }


def _error_response(errors: list[ErrorResponse]) -> Node:
    described = dict.fromkeys((each.code, each.description) for each in errors)
    title = title_of(errors[0].status)
    lines = [f"`{code}`: {description}" for code, description in described]
    codes = {"properties": {"code": {"enum": sorted({code for code, _ in described})}}}
    schema = {"allOf": [{"$ref": REF_PREFIX + "Problem"}, codes]}
    return {
        "description": f"{title}. " + " ".join(lines),
        "content": {PROBLEM_MEDIA_TYPE: {"schema": schema}},
    }
