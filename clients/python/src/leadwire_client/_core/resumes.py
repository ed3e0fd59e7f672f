"""How resumes are sent, and what an answer with one says."""

from collections.abc import Mapping
from email.message import Message
from email.utils import collapse_rfc2231_value
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

from leadwire_client._core.decoding import encode, read_as
from leadwire_client._core.wire import Answer
from leadwire_client.resumes import NewResume, Resume, ResumeLink

_JSON: Final = "application/json"
_FIELD: Final = "resume"
_UNNAMED: Final = "resume"


def resume_body(fields: Mapping[str, object], resume: NewResume | None) -> tuple[str, bytes]:
    """Write fields and a resume; give the body's media type, and the body.

    A file goes in a form, which can name it; everything else is JSON.

    Raises:
        OSError: There is no such file.
    """
    if isinstance(resume, Path):
        resume = Resume(name=resume.name, content=resume.read_bytes())
    if isinstance(resume, Resume):
        return _form(fields, resume)
    return _JSON, encode(fields if resume is None else {**fields, _FIELD: resume})


def read_resume(answer: Answer) -> Resume | ResumeLink:
    """Read the answer to a download."""
    described = Message()
    described["Content-Type"] = answer.headers.get("content-type", "")
    described["Content-Disposition"] = answer.headers.get("content-disposition", "attachment")
    if described.get_content_type() == _JSON:
        return read_as(ResumeLink, answer)
    return Resume(
        name=_file_name(described),
        content=answer.body,
        media_type=described.get_content_type(),
    )


def _file_name(described: Message) -> str:
    """Give the name of the file; of two spellings the one that is not limited to ASCII."""
    parameters = described.get_params([], header="content-disposition")
    names: list[Any] = [value for name, value in parameters if name == "filename"]
    names.sort(key=lambda each: isinstance(each, tuple), reverse=True)
    return collapse_rfc2231_value(names[0]) if names else _UNNAMED


def _form(fields: Mapping[str, object], resume: Resume) -> tuple[str, bytes]:
    boundary = token_hex(16)
    parts = [
        _part(boundary, f'name="{name}"', str(value).encode()) for name, value in fields.items()
    ]
    described = f'name="{_FIELD}"; filename="{_quoted(resume.name)}"'
    parts.append(_part(boundary, described, resume.content))
    body = b"".join([*parts, f"--{boundary}--\r\n".encode()])
    return f"multipart/form-data; boundary={boundary}", body


def _part(boundary: str, described: str, content: bytes) -> bytes:
    head = f"--{boundary}\r\nContent-Disposition: form-data; {described}\r\n\r\n"
    return head.encode() + content + b"\r\n"


def _quoted(name: str) -> str:
    """Write a file's name as browsers do, so that it cannot end its line."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
