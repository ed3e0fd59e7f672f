"""How refusals of reads are answered."""

from typing import Final

from leadwire.http import Answer, Refusals
from stream_svc.domain.cursor import InvalidCursorError
from stream_svc.http.slots import TooManyStreamsError, TooManyStreamsOfClientError
from stream_svc.usecases.errors import (
    CursorAheadError,
    CursorExpiredError,
    LeadNotFoundError,
    ProjectionBehindError,
)

REFUSALS: Final = Refusals(
    {
        InvalidCursorError: 400,
        LeadNotFoundError: 404,
        CursorExpiredError: 410,
        CursorAheadError: Answer(503, retry_after=1),
        ProjectionBehindError: Answer(503, retry_after=1),
        TooManyStreamsError: Answer(503, retry_after=5),
        TooManyStreamsOfClientError: Answer(429, retry_after=5),
    }
)
