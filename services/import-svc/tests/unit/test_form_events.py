"""How a form is taken apart."""

from collections.abc import AsyncGenerator

import multipart  # type: ignore[import-untyped]
import pytest

from import_svc.http.form_events import form_events


async def filenames(disposition: bytes) -> list[str | None]:
    async def pieces() -> AsyncGenerator[bytes]:
        yield b"--b\r\nContent-Disposition: form-data; name=file" + disposition + b"\r\n\r\n"
        yield b"Ada\r\n--b--\r\n"

    content_type = "multipart/form-data; boundary=b"
    return [
        event.filename
        async for event in form_events(pieces(), content_type=content_type)
        if isinstance(event, multipart.MultipartSegment)
    ]


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (b"", None),
        (b'; filename="a.csv"', "a.csv"),
        (b"; filename*=utf-8''M%C3%BCller%20(1).csv", "Müller (1).csv"),
        (b"; FileName*=ISO-8859-1'de'M%FCller.csv; x=y", "Müller.csv"),
        (b"; filename*=utf-8''%FF.csv", "\ufffd.csv"),
        (b"; filename*=nonsense''a.csv", None),
        (b"; filename=a.csv; filename*=utf-8''b.csv", "a.csv"),
    ],
)
async def test_a_file_is_one_whichever_way_its_name_is_written(
    disposition: bytes, name: str | None
) -> None:
    assert await filenames(disposition) == [name]
