"""Refusals of reads, as clients see them."""

from leadwire.http import ErrorResponse, Problem
from stream_svc.domain.cursor import InvalidCursorError
from stream_svc.usecases.errors import (
    CursorAheadError,
    CursorExpiredError,
    CursorMismatchError,
    LeadNotFoundError,
    ProjectionBehindError,
    ReadError,
)

INVALID_CURSOR = ErrorResponse(400, "invalid_cursor", "The cursor is damaged or foreign.")
CURSOR_MISMATCH = ErrorResponse(
    400, "cursor_filter_mismatch", "The cursor belongs to a request with other filters."
)
CURSOR_EXPIRED = ErrorResponse(
    410, "cursor_expired", "What came after the cursor is forgotten: start over without it."
)
CURSOR_AHEAD = ErrorResponse(
    503, "cursor_ahead", "This replica has not come as far as the cursor yet: try again."
)
LEAD_NOT_FOUND = ErrorResponse(404, "lead_not_found", "There is no such lead.")
PROJECTION_BEHIND = ErrorResponse(
    503, "projection_behind", "The lead has not reached the state of `at_least`: try again."
)

_ANSWERS: dict[type[Exception], ErrorResponse] = {
    InvalidCursorError: INVALID_CURSOR,
    CursorMismatchError: CURSOR_MISMATCH,
    CursorExpiredError: CURSOR_EXPIRED,
    CursorAheadError: CURSOR_AHEAD,
    LeadNotFoundError: LEAD_NOT_FOUND,
    ProjectionBehindError: PROJECTION_BEHIND,
}


def problem_of(error: ReadError | InvalidCursorError) -> Problem:
    """Give the problem that stands for a refusal."""
    answer = _ANSWERS[type(error)]
    return Problem(
        status=answer.status,
        code=answer.code,
        detail=answer.description,
        headers={"Retry-After": "1"} if answer.status == 503 else None,
    )
