"""Reads what a form brings, with a resume or without."""

import json
import re
from email.message import EmailMessage, Message
from email.parser import BytesParser
from typing import Any

from leadwire_client.resumes import Resume, ResumeLink
from leadwire_client.testing.seen import Seen

Kept = Resume | ResumeLink


def form_of(request: Seen) -> tuple[dict[str, Any], Kept | None]:
    """Give fields, and the resume if there is one."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        fields = json.loads(request.body)
        return fields, _of_text(fields.pop("resume", None))
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    form: EmailMessage = BytesParser(EmailMessage).parsebytes(head + request.body)
    parts = {_name_of(part): part for part in form.iter_parts()}
    file = parts.pop("resume")
    fields = {name: _content(part).decode() for name, part in parts.items()}
    return fields, Resume(name=_file_name(file), content=_content(file))


def _of_text(text: str | None) -> Kept | None:
    if text is None:
        return None
    if text.startswith(("http://", "https://")):
        return ResumeLink(url=text)
    return Resume(name="resume.txt", content=text.encode(), media_type="text/plain")


def _name_of(part: Message) -> str:
    return str(part.get_param("name", header="content-disposition"))


def _file_name(part: Message) -> str:
    """Give the name as it was sent: the parser itself gives ASCII only."""
    described = dict(part.raw_items())["Content-Disposition"]
    found = re.search(r'filename="([^"]*)"', described.encode("ascii", "surrogateescape").decode())
    return found[1] if found else ""


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""
