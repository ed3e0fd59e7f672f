"""What resumes take of the memory, all together."""

import tracemalloc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, cast

import orjson
import pytest

from import_svc.http.requests import NewLead
from import_svc.http.resume_forms import _PLACES, ResumeForms
from import_svc.storage.file_errors import FileTooLargeError

if TYPE_CHECKING:
    from leadwire.http import RequestBody

LARGEST = 2 * 1024**2
PIECE = 64 * 1024
WIDE = "x" * (LARGEST - 4) + "\U0001f600"
"""Of its letters each takes four bytes in memory."""


class Body:
    """A body that comes in pieces."""

    def __init__(self, content: bytes, content_type: str) -> None:
        self.content_type = content_type.partition(";")[0]
        self._content = content

    async def chunks(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._content), PIECE):
            yield self._content[start : start + PIECE]


PART = b'--b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
JSON = orjson.dumps({"name": "Ada", "resume": WIDE})
FORM = PART % (b"name", b"Ada") + PART % (b"resume", WIDE.encode()) + b"--b--\r\n"


@pytest.mark.parametrize(
    ("content", "content_type"),
    [(JSON, "application/json"), (FORM, "multipart/form-data; boundary=b")],
    ids=["JSON", "form"],
)
async def test_large_resumes_take_their_size_once_they_are_judged(
    content: bytes, content_type: str
) -> None:
    """Beside what one takes while it is decoded: its text at four bytes a letter, and copies."""
    forms = ResumeForms(max_resume_bytes=LARGEST)
    tracemalloc.start()
    try:
        async with AsyncExitStack() as stack:
            for _ in range(_PLACES):
                body = cast("RequestBody", Body(content, content_type))
                read = forms.read(body, content_type=content_type, model=NewLead)
                form = await stack.enter_async_context(read)
                assert form.fields.name == "Ada"
            held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < (_PLACES + 1) * LARGEST
    assert peak < (_PLACES + 12) * LARGEST


async def test_json_that_only_seems_to_be_escaped_is_refused_before_all_of_it_came() -> None:
    body = Body(b'{"resume": "' + rb"\\u" * LARGEST, "application/json")
    forms = ResumeForms(max_resume_bytes=LARGEST)
    with pytest.raises(FileTooLargeError):
        async with forms.read(
            cast("RequestBody", body), content_type=body.content_type, model=NewLead
        ):
            pass
