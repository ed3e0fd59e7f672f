"""The file of an import: the body itself, or the one file of a multipart form."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import PurePath
from types import MappingProxyType
from typing import Final

# The library is annotated, but does not say so.
import multipart  # type: ignore[import-untyped]

from import_svc.decoding import MEDIA_TYPES, UnsupportedFormatError
from import_svc.http.form_events import MULTIPART, FormEvents, broken_form, form_events
from import_svc.http.requests import ImportQuery
from import_svc.usecases.import_request import InputCutOffError
from leadwire.http import Problem, RequestBody

_BY_SUFFIX: Final = MappingProxyType(
    {
        ".csv": "text/csv",
        ".tsv": "text/csv",
        ".txt": "text/csv",
        ".json": "application/json",
        ".ndjson": "application/x-ndjson",
        ".jsonl": "application/x-ndjson",
    }
)
_OF_THE_QUERY: Final = frozenset(ImportQuery.model_fields)
_WORKBOOKS: Final = frozenset({".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers"})
_PACKED: Final = frozenset({".gz", ".zip", ".bz2", ".xz", ".zst"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file to import.

    Attributes:
        media_type: What it says it is, without parameters.
        charset: The character set it names, if it names one.
        pieces: Its bytes, as they come; may raise `InputCutOffError`, or
            `UnreadableInputError` where the form around it is broken.
    """

    media_type: str
    charset: str | None
    pieces: AsyncGenerator[bytes]


@asynccontextmanager
async def open_source(body: RequestBody, *, content_type: str) -> AsyncIterator[Source]:
    """Find the file in a request.

    Args:
        body: The request's body.
        content_type: The request's `Content-Type`, with its parameters.

    Raises:
        UnreadableInputError: The form is broken, or has no file.
        UnsupportedFormatError: The file's name and content type do not say what it is.
        InputCutOffError: The body stopped coming before the file began.
    """
    pieces = _pieces(body)
    if body.content_type != MULTIPART:
        yield Source(media_type=body.content_type, charset=body.charset, pieces=pieces)
        return
    events = form_events(pieces, content_type=content_type)
    try:
        async for event in events:
            if not isinstance(event, multipart.MultipartSegment):
                continue
            if event.filename is None:
                _insist_on_no_parameter(event.name)
            else:
                media_type = _media_type(event)
                yield Source(
                    media_type=media_type, charset=event.charset, pieces=_rest_of_file(events)
                )
                return
        raise broken_form(
            "it has no file: send one part with a file name, such as -F file=@leads.csv"
        )
    finally:
        await events.aclose()
        await pieces.aclose()


def _media_type(segment: multipart.MultipartSegment) -> str:
    if segment.content_type in MEDIA_TYPES:
        return str(segment.content_type)
    # Browsers and curl often say only that it is some file.
    suffix = PurePath(segment.filename).suffix.lower()
    by_suffix = _BY_SUFFIX.get(suffix)
    if suffix in _PACKED:
        raise UnsupportedFormatError(
            code="unsupported_media_type",
            detail="a form's file must not be packed: send the file itself as the body, with "
            "Content-Encoding: gzip and its content type, or unpack it first",
        )
    if suffix in _WORKBOOKS:
        raise UnsupportedFormatError(
            code="unsupported_media_type",
            detail="a workbook cannot be read: save its sheet as CSV, and send the .csv file",
        )
    if by_suffix is None:
        raise UnsupportedFormatError(
            code="unsupported_media_type",
            detail="the file's name and content type do not say what it is: name it .csv, .json "
            f"or .ndjson, or send one of the content types {', '.join(MEDIA_TYPES)}",
        )
    return by_suffix


def _insist_on_no_parameter(field: str) -> None:
    """Refuse what would be passed over: who asked for a dry run must not get a real one."""
    if field in _OF_THE_QUERY:
        raise broken_form(f"`{field}` belongs in the query, as in /v1/imports?{field}=...")


async def _rest_of_file(events: FormEvents) -> AsyncGenerator[bytes]:
    """Yield the bytes of the file, and insist that the form around it is whole and has no other."""
    in_file = True
    async for event in events:
        if event is None:
            in_file = False
        elif isinstance(event, multipart.MultipartSegment):
            if event.filename is not None:
                raise broken_form("it has a second file: send each in a request of its own")
            _insist_on_no_parameter(event.name)
        elif in_file:
            yield bytes(event)


async def _pieces(body: RequestBody) -> AsyncGenerator[bytes]:
    """Yield the body; whatever stops it coming is an `InputCutOffError`."""
    try:
        async for piece in body.chunks():
            yield piece
    except Problem as problem:
        raise InputCutOffError(code=problem.code, detail=problem.detail) from problem
    except ConnectionError as error:
        raise InputCutOffError(
            code="client_disconnected", detail="the connection ended before the body did"
        ) from error
