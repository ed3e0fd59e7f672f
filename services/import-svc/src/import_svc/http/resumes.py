"""Requests about resumes."""

from typing import Final
from urllib.parse import quote
from uuid import UUID

from aiohttp import web

from import_svc.http.context import Context
from import_svc.http.requests import DownloadHeaders, NewResume
from import_svc.http.resume_forms import RESUME_MISSING
from import_svc.http.views import ContactView, ResumeLinkView
from import_svc.usecases.read_resume import OpenFile, OpenLink
from leadwire.http import (
    Precondition,
    RequestBody,
    etag_header,
    invalid_request,
    json_response,
    versions_of,
    write_within,
)

# Strangers send these files, and managers open them where they are signed in: a browser shall
# neither guess what a file is, nor run what is in it, nor keep it for others.
_HARMLESS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}
_IN_EXTENDED_VALUE: Final = "!#$&+-.^_`|~"  # RFC 8187, beside letters and digits


class ResumeHandlers:
    """Handlers of `/v1/leads/{lead_id}/resume`."""

    def __init__(self, *, context: Context) -> None:
        self._read = context.read_resume
        self._replace = context.replace_resume
        self._forms = context.resume_forms

    async def download(
        self, request: web.Request, *, lead_id: UUID, headers: DownloadHeaders
    ) -> web.StreamResponse:
        """Download a lead's resume."""
        async with self._read(lead_id) as resume:
            tag = etag_header(resume.tag)
            if headers.has(resume.tag):
                return web.Response(status=304, headers={**_HARMLESS, **tag})
            if isinstance(resume, OpenLink):
                return json_response(
                    ResumeLinkView(url=resume.link.url), headers={**_HARMLESS, **tag}
                )
            return await _send(request, resume)

    async def replace(
        self, request: web.Request, *, lead_id: UUID, headers: Precondition, body: RequestBody
    ) -> web.StreamResponse:
        """Replace a lead's resume."""
        content_type, versions = request.headers.get("Content-Type", ""), versions_of(headers)
        async with self._forms.read(body, content_type=content_type, model=NewResume) as form:
            if form.resume is None:
                raise invalid_request([RESUME_MISSING], status=422)
            lead = await self._replace(lead_id, form.resume, versions=versions)
        return json_response(ContactView.of(lead), headers=etag_header(lead.tag))


async def _send(request: web.Request, resume: OpenFile) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={
            **_HARMLESS,
            **etag_header(resume.tag),
            "Content-Type": resume.file.media_type,
            "Content-Disposition": as_attachment(resume.file.name),
        }
    )
    response.content_length = resume.stored.size
    async with write_within(request):
        await response.prepare(request)
    if request.method != "HEAD":
        async for piece in resume.stored.pieces:
            async with write_within(request):
                await response.write(piece)
    async with write_within(request):
        await response.write_eof()
    return response


def as_attachment(name: str) -> str:
    """Return the `Content-Disposition` of a file to save (RFC 6266).

    Args:
        name: Of the file. Who does not know RFC 8187 gets it with underscores for what is not
            ASCII.
    """
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    extended = quote(name, safe=_IN_EXTENDED_VALUE)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{extended}"
