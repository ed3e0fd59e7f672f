"""Read what bears a resume: JSON, a form with or without a file, or the file itself.

A resume is held in memory until it is judged and stored. So each is bounded, all together are
(`Room`), and so is the time that one may take. Large ones are decoded and judged one at a time.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

# The library is annotated, but does not say so.
import multipart  # type: ignore[import-untyped]

from import_svc.domain.resumes import Resume, resume_of_file, resume_of_text
from import_svc.http.body_sizes import MOST_PER_BYTE, Size, UnescapedSize
from import_svc.http.errors import TooManyUploadsError
from import_svc.http.form_events import MULTIPART, form_events
from import_svc.http.requests import NewResume
from import_svc.http.room import Room
from import_svc.storage.file_errors import FileTooLargeError
from leadwire.http import (
    Problem,
    RequestBody,
    invalid_request,
    model_of_fields,
    model_of_json,
)

JSON_TYPE: Final = "application/json"
READ_WITHIN: Final = 300.0
"""Seconds that a client may take for a resume."""

FIELDS_BYTES: Final = 64 * 1024
"""Room in a body beside the resume."""

FREE_BYTES: Final = 64 * 1024
"""What every request may take beside the room: those without a file are never refused."""

RESUME_MISSING: Final = {
    "in": "body",
    "path": "resume",
    "code": "resume_missing",
    "message": "resume is not provided",
}
"""What is wrong with a request that must have a resume, and has none."""

_RESUME: Final = "resume"
_PLACES: Final = 8


_Fields = TypeVar("_Fields", bound=NewResume)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form(Generic[_Fields]):
    """What came in.

    Attributes:
        fields: All but the resume.
        resume: None if there is none.
    """

    fields: _Fields
    resume: Resume | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Received:
    """What came in, as bytes: nothing of it is decoded, which takes several times the memory."""

    json: bytes | None = None
    fields: Mapping[str, bytes] = field(default_factory=dict)
    file: _File | None = None

    @property
    def size(self) -> int:
        contents = [self.json or b"", self.file.content if self.file else b""]
        return sum(map(len, [*contents, *self.fields.values()]))


class ResumeForms:
    """Reads such bodies.

    Args:
        max_resume_bytes: Most bytes of a resume.

    Attributes:
        max_body_bytes: Most bytes of a body, which may be JSON with every letter escaped.
    """

    def __init__(self, *, max_resume_bytes: int) -> None:
        self._max_bytes = max_resume_bytes
        self._max_text_bytes = max_resume_bytes + FIELDS_BYTES
        self.max_body_bytes = MOST_PER_BYTE * max_resume_bytes + FIELDS_BYTES
        self._room = Room(size=_PLACES * self._max_text_bytes, full=TooManyUploadsError)
        self._one_at_a_time = asyncio.Lock()

    @asynccontextmanager
    async def read(
        self, body: RequestBody, *, content_type: str, model: type[_Fields]
    ) -> AsyncIterator[Form[_Fields]]:
        """Read JSON, a multipart form, or else a file alone.

        Args:
            body: The request's body, of which the context holds what there is room for.
            content_type: The request's `Content-Type`, with its parameters.
            model: What the fields must be.

        Raises:
            FileTooLargeError: The resume is.
            ResumeTypeError: It is no document that is accepted.
            TooManyUploadsError: There is no room for it now.
            UnreadableInputError: The form is broken.
            Problem: The body is not what it should be, or did not come.
        """
        with self._room.used_by(body):
            yield await self._form(body, content_type, model)

    async def _form(
        self, body: RequestBody, content_type: str, model: type[_Fields]
    ) -> Form[_Fields]:
        async with _in_time(), aclosing(self._pieces(body)) as pieces:
            received = await self._received(body.content_type, pieces, content_type)
        if received.size <= FREE_BYTES:
            return self._judged(received, model)
        # Text takes up to four bytes a letter, and is held more than once until it is judged.
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._judged, received, model)

    async def _pieces(self, body: RequestBody) -> AsyncGenerator[bytes]:
        """Yield a body as it comes in, taking room for it."""
        free, size = FREE_BYTES, UnescapedSize() if body.content_type == JSON_TYPE else Size()
        async for piece in body.chunks():
            taken = max(len(piece) - free, 0)
            free -= len(piece) - taken
            self._room.take(body, taken)
            size.feed(piece)
            if size.counted > self._max_text_bytes:
                raise FileTooLargeError(self._max_bytes)
            yield piece

    async def _received(
        self, kind: str, pieces: AsyncGenerator[bytes], content_type: str
    ) -> _Received:
        if kind == MULTIPART:
            return await self._parts(pieces, content_type)
        content = b"".join([piece async for piece in pieces])
        if kind == JSON_TYPE:
            return _Received(json=content)
        return _Received(file=_File(name="", content=content) if content else None)

    async def _parts(self, pieces: AsyncGenerator[bytes], content_type: str) -> _Received:
        fields: dict[str, bytes] = {}
        file: _File | None = None
        async with aclosing(self._whole_parts(pieces, content_type)) as parts:
            async for part, content in parts:
                name = part.name
                if name in fields or (name == _RESUME and file is not None):
                    raise _refused(name, "The field is given more than once")
                if part.filename is None:
                    fields[name] = content
                elif name != _RESUME:
                    raise _refused(name, "Only the resume may be a file")
                elif part.filename or content:  # browsers send an empty one where none was chosen
                    file = _File(name=part.filename, content=content)
        if file is not None and _RESUME in fields:
            raise _refused(_RESUME, "The field is given more than once")
        return _Received(fields=fields, file=file)

    async def _whole_parts(
        self, pieces: AsyncGenerator[bytes], content_type: str
    ) -> AsyncGenerator[tuple[multipart.MultipartSegment, bytes]]:
        content = bytearray()
        async with aclosing(form_events(pieces, content_type=content_type)) as events:
            async for event in events:
                if isinstance(event, multipart.MultipartSegment):
                    part, content = event, bytearray()
                elif event is None:
                    whole, content = bytes(content), bytearray()
                    yield part, whole
                else:
                    content += event
                    self._refuse_too_large(len(content))

    def _judged(self, received: _Received, model: type[_Fields]) -> Form[_Fields]:
        """Return what came in, of the text of a resume no more than its bytes."""
        if received.json is not None:
            fields = model_of_json(received.json, model)
        else:
            texts = {name: _text(name, content) for name, content in received.fields.items()}
            fields = model_of_fields(texts, model)
        resume = self._resume(fields.resume, received.file)
        return Form(fields=fields.model_copy(update={_RESUME: None}), resume=resume)

    def _resume(self, text: str | None, file: _File | None) -> Resume | None:
        if file is not None:
            self._refuse_too_large(len(file.content))
            return resume_of_file(file.content, name=file.name)
        if not text:
            return None
        self._refuse_too_large(len(text.encode()))
        return resume_of_text(text)

    def _refuse_too_large(self, size: int) -> None:
        if size > self._max_bytes:
            raise FileTooLargeError(self._max_bytes)


def _text(name: str, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise _refused(name, "Text must be UTF-8") from None


def _refused(name: str, message: str) -> Problem:
    return invalid_request([{"in": "body", "path": name[:64], "message": message}], status=422)


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(READ_WITHIN):
            yield
    except TimeoutError:
        raise Problem(
            status=408,
            code="request_timeout",
            detail="The resume came too slowly. Send it again, faster.",
            headers={"Connection": "close"},
        ) from None
