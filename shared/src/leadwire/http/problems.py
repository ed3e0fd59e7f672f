"""Errors as RFC 9457 describes them: `application/problem+json` with a stable `code`."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TypeAlias

import orjson
from aiohttp import web

JSON: TypeAlias = Mapping[str, "JSON"] | Sequence["JSON"] | str | int | float | bool | None

PROBLEM_MEDIA_TYPE = "application/problem+json"


class Problem(Exception):  # noqa: N818  the term of RFC 9457
    """A refusal that the client gets to see.

    Args:
        status: HTTP status.
        code: Stable name of the kind of problem; clients branch on it.
        detail: What is wrong and what to do about it; no personal data, nothing that
            the client sent.
        headers: Additional response headers, such as `Retry-After`.
        extra: Additional members of the problem object.
    """

    def __init__(
        self,
        *,
        status: int,
        code: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
        **extra: JSON,
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.extra = extra


def internal_error() -> Problem:
    """The problem behind which everything unexpected hides."""
    return Problem(
        status=500,
        code="internal_error",
        detail="Something went wrong on our side. Try again; if it stays, report the request_id.",
    )


def unavailable() -> Problem:
    """The problem that passes by itself: a dependency does not answer now."""
    return Problem(
        status=503,
        code="unavailable",
        detail="Something that this service needs does not answer now. Try again later.",
        headers={"Retry-After": "2"},
    )


def problem_response(problem: Problem, *, request_id: str) -> web.Response:
    """Render a problem."""
    content = {
        "type": f"urn:leadwire:problem:{problem.code}",
        "title": title_of(problem.status),
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        "request_id": request_id,
        **problem.extra,
    }
    return web.Response(
        status=problem.status,
        body=orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE),
        content_type=PROBLEM_MEDIA_TYPE,
        headers=problem.headers,
    )


_BY_STATUS: Mapping[int, tuple[str, str]] = {
    400: ("bad_request", "The request could not be understood."),
    404: ("not_found", "There is nothing at this path. /openapi.json lists what there is."),
    405: ("method_not_allowed", "This path exists, but not with this method; see Allow."),
    408: ("request_timeout", "The request did not arrive in time."),
    413: ("body_too_large", "The request body is larger than this operation accepts."),
    415: ("unsupported_media_type", "This operation does not take this content type."),
    417: ("expectation_failed", "Of Expect, only 100-continue is understood."),
}


def problem_from_http_exception(error: web.HTTPException) -> Problem:
    """Translate what aiohttp raises by itself: no route, wrong method, too large."""
    code, detail = _BY_STATUS.get(error.status, ("http_error", title_of(error.status)))
    kept = {name: error.headers[name] for name in ("Allow", "Location") if name in error.headers}
    return Problem(status=error.status, code=code, detail=detail, headers=kept)


# RFC 9110's phrases, which Python has from 3.13 on: a document must not depend on it.
_PHRASES = {413: "Content Too Large", 414: "URI Too Long", 422: "Unprocessable Content"}


def title_of(status: int) -> str:
    """Return the standard phrase of a status, the same under every Python."""
    try:
        return _PHRASES.get(status) or HTTPStatus(status).phrase
    except ValueError:
        return "Error"
