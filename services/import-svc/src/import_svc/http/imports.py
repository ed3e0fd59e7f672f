"""Requests about imports."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID

from aiohttp import web

from import_svc.decoding import DecodingError, UnsupportedFormatError, decoder_for
from import_svc.domain.receipt import Receipt
from import_svc.http.context import Context
from import_svc.http.cursors import read_cursor, write_cursor
from import_svc.http.failures import CSV, as_csv, as_ndjson, csv_header, negotiate
from import_svc.http.requests import ImportQuery, PageQuery, refuse_idempotency_key
from import_svc.http.views import ImportsPage, ImportView, ReceiptView
from import_svc.usecases.import_leads import InputCutOffError
from import_svc.usecases.read_imports import UnknownImportError
from leadwire.http import Problem, RequestBody, json_response

WRITE_WITHIN: Final = 60.0
"""Seconds that a client may take to read a page of failures."""


class ImportHandlers:
    """Handlers under `/v1/imports`."""

    def __init__(self, *, context: Context) -> None:
        self._import_leads = context.import_leads
        self._read = context.read_imports
        self._slots = context.import_slots
        self._default_region = context.default_region

    async def add(
        self, request: web.Request, *, query: ImportQuery, body: RequestBody
    ) -> web.StreamResponse:
        """Import the leads in the body."""
        refuse_idempotency_key(request)
        try:
            decoder = decoder_for(body.content_type, body.charset)
        except UnsupportedFormatError as error:
            raise _problem(error, status=415) from None
        if self._slots.locked():
            raise _busy()
        async with self._slots:
            try:
                receipt = await self._import_leads(
                    _pieces(body),
                    decoder,
                    media_type=body.content_type,
                    region=query.region or self._default_region,
                )
            except DecodingError as error:
                raise _problem(error, status=400) from None
            except InputCutOffError as error:
                raise _as_found(error) from None
        return _receipt_response(receipt)

    async def show(self, _request: web.Request, *, import_id: UUID) -> web.StreamResponse:
        """Show a receipt."""
        try:
            receipt = await self._read.receipt(import_id)
        except UnknownImportError:
            raise _not_found() from None
        return json_response(ReceiptView.of(receipt))

    async def list(self, _request: web.Request, *, query: PageQuery) -> web.StreamResponse:
        """List imports, newest first."""
        before = read_cursor(query.cursor)
        receipts = await self._read.receipts(before=before, limit=query.limit + 1)
        page = receipts[: query.limit]
        more = len(receipts) > len(page)
        return json_response(
            ImportsPage(
                items=[ImportView.of(receipt) for receipt in page],
                next_cursor=write_cursor(page[-1].id) if more else None,
            )
        )

    async def failures(self, request: web.Request, *, import_id: UUID) -> web.StreamResponse:
        """Stream every failure of an import."""
        media_type = negotiate(request.headers.get("Accept"))
        pages = self._read.failures(import_id)
        try:
            page = await anext(pages)
        except UnknownImportError:
            raise _not_found() from None
        response = web.StreamResponse()
        response.content_type, response.charset = media_type, "utf-8"
        name = f"failures-{import_id}.{'csv' if media_type == CSV else 'ndjson'}"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        await response.prepare(request)
        if media_type == CSV:
            await response.write(csv_header())
        write = as_csv if media_type == CSV else as_ndjson
        while page:
            async with asyncio.timeout(WRITE_WITHIN):
                await response.write(write(page))
            page = await anext(pages, [])
        await response.write_eof()
        return response


async def _pieces(body: RequestBody) -> AsyncIterator[bytes]:
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


def _as_found(error: InputCutOffError) -> Problem:
    """Give the problem behind a cut-off, where nothing was stored."""
    if isinstance(error.__cause__, Problem):
        return error.__cause__
    # Nobody is there to read it; it is for the log and the metrics.
    return Problem(status=400, code=error.code, detail=error.detail)


def _receipt_response(receipt: Receipt) -> web.Response:
    return json_response(
        ReceiptView.of(receipt), headers={"Content-Location": f"/v1/imports/{receipt.id}"}
    )


def _problem(error: DecodingError, *, status: int) -> Problem:
    found: dict[str, Any] = error.found
    return Problem(status=status, code=error.code, detail=error.detail, **found)


def _not_found() -> Problem:
    return Problem(status=404, code="import_not_found", detail="There is no such import.")


def _busy() -> Problem:
    return Problem(
        status=503,
        code="too_many_imports",
        detail="As many imports run here as may. Nothing was stored; send it again later.",
        headers={"Retry-After": "10"},
    )
