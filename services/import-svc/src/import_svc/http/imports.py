"""Requests about imports."""

from typing import Final
from uuid import UUID

from aiohttp import web

from import_svc.decoding import InputFormat
from import_svc.domain.idempotency import IdempotencyKey, request_hash
from import_svc.domain.receipt import ImportStatus
from import_svc.http.context import Context
from import_svc.http.failures import CSV, OFFERED, as_csv, as_ndjson, csv_header
from import_svc.http.keys import key_of_sender
from import_svc.http.preferences import RESPOND_ASYNC, prefers_async
from import_svc.http.requests import ImportHeaders, ImportQuery
from import_svc.http.sources import Source, open_source
from import_svc.http.views import ImportsPage, ReceiptView
from import_svc.usecases.import_request import Imported, ImportRequest, InputCutOffError
from leadwire.http import (
    AcceptHeader,
    Keyset,
    PageQuery,
    Problem,
    RequestBody,
    json_response,
    negotiate,
    write_within,
)

BY_ID: Final = Keyset[UUID]("imports", key=UUID)


class ImportHandlers:
    """Handlers under `/v1/imports`."""

    def __init__(self, *, context: Context) -> None:
        self._import_leads = context.import_leads
        self._rehearse_import = context.rehearse_import
        self._read = context.read_imports
        self._accept_import = context.accept_import
        self._cancel_import = context.cancel_import
        self._import_slots = context.import_slots
        self._upload_slots = context.upload_slots
        self._default_region = context.default_region

    async def add(
        self,
        request: web.Request,
        *,
        headers: ImportHeaders,
        query: ImportQuery,
        body: RequestBody,
    ) -> web.StreamResponse:
        """Import the leads in the body."""
        in_background = prefers_async(headers.prefer) and not query.dry_run
        slots = self._upload_slots if in_background else self._import_slots
        with slots.used_by(body, amount=1):
            try:
                async with open_source(
                    body, content_type=request.headers.get("Content-Type", "")
                ) as source:
                    asked = self._asked(request, headers, query, source)
                    if in_background:
                        return _accepted(await self._accept_import(source.pieces, asked))
                    import_leads = self._rehearse_import if query.dry_run else self._import_leads
                    return _done(await import_leads(source.pieces, asked))
            except InputCutOffError as error:
                # Where nothing was stored, the answer is what was found while reading.
                raise error.__cause__ if isinstance(error.__cause__, Problem) else error from None

    def _asked(
        self, request: web.Request, headers: ImportHeaders, query: ImportQuery, source: Source
    ) -> ImportRequest:
        input_format = InputFormat.of(source.media_type, source.charset, query.mapped)
        region = query.region or self._default_region
        key = None
        if headers.idempotency_key is not None:
            key = IdempotencyKey.named(
                key_of_sender(request, headers.idempotency_key),
                request_hash=request_hash(
                    source.media_type, source.charset, region, sorted(query.mapped.items())
                ),
            )
        return ImportRequest(input_format=input_format, region=region, key=key)

    async def show(self, _request: web.Request, *, import_id: UUID) -> web.StreamResponse:
        """Show a receipt."""
        return json_response(ReceiptView.of(await self._read.receipt(import_id)))

    async def cancel(self, _request: web.Request, *, import_id: UUID) -> web.StreamResponse:
        """Cancel a running import."""
        return json_response(ReceiptView.of(await self._cancel_import(import_id)))

    async def list(self, _request: web.Request, *, query: PageQuery) -> web.StreamResponse:
        """List imports, newest first."""
        before = BY_ID.after(query)
        found = await self._read.receipts(before=before, limit=query.limit + 1)
        items, next_cursor = BY_ID.cut(found, query, key=lambda each: each.id)
        return json_response(ImportsPage.of(items, next_cursor))

    async def failures(
        self, request: web.Request, *, import_id: UUID, headers: AcceptHeader
    ) -> web.StreamResponse:
        """Stream every failure of an import."""
        media_type = negotiate(headers.accept, OFFERED)
        pages = self._read.failures(import_id)
        page = await anext(pages)
        response = web.StreamResponse()
        response.content_type, response.charset = media_type, "utf-8"
        name = f"failures-{import_id}.{'csv' if media_type == CSV else 'ndjson'}"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        async with write_within(request):
            await response.prepare(request)
            if media_type == CSV:
                await response.write(csv_header())
        write = as_csv if media_type == CSV else as_ndjson
        while page:
            async with write_within(request):
                await response.write(write(page))
            page = await anext(pages, [])
        async with write_within(request):
            await response.write_eof()
        return response


def _done(imported: Imported) -> web.Response:
    """Answer with the receipt of an import that has ended."""
    headers = {} if imported.receipt.dry_run else {"Content-Location": _path(imported)}
    return json_response(ReceiptView.of(imported.receipt), headers=headers | _marked(imported))


def _accepted(imported: Imported) -> web.Response:
    """Answer with the receipt as it stands of an import that is worked off in the background."""
    headers = {"Location": _path(imported)} | _marked(imported)
    if imported.receipt.status is not ImportStatus.RUNNING:
        return json_response(ReceiptView.of(imported.receipt), headers=headers)
    return json_response(
        ReceiptView.of(imported.receipt),
        status=202,
        headers=headers | {"Preference-Applied": RESPOND_ASYNC},
    )


def _path(imported: Imported) -> str:
    return f"/v1/imports/{imported.receipt.id}"


def _marked(imported: Imported) -> dict[str, str]:
    return {"Idempotent-Replayed": "true"} if imported.replayed else {}
