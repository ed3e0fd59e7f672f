"""Requests about single leads."""

from collections.abc import Sequence
from uuid import UUID

from aiohttp import web

from import_svc.domain.changes import FieldFault
from import_svc.domain.idempotency import IdempotencyKey, request_hash
from import_svc.domain.reasons import SENTENCES, Code
from import_svc.domain.rows import JudgedRow
from import_svc.http.context import Context
from import_svc.http.requests import LeadPatch, NewLead, NewLeadHeaders
from import_svc.http.views import ContactView, LeadView
from import_svc.usecases.change_lead import ChangesInvalidError
from import_svc.usecases.create_lead import LeadInvalidError
from leadwire.contracts import Origin
from leadwire.http import (
    Precondition,
    Problem,
    etag_header,
    invalid_request,
    json_response,
    versions_of,
)


class LeadHandlers:
    """Handlers under `/v1/leads`."""

    def __init__(self, *, context: Context) -> None:
        self._create_lead = context.create_lead
        self._change_lead = context.change_lead
        self._erase_lead = context.erase_lead

    async def create(
        self, _request: web.Request, *, headers: NewLeadHeaders, body: NewLead
    ) -> web.StreamResponse:
        """Take a lead from the public form."""
        key = None
        if headers.idempotency_key is not None:
            asked = request_hash(body.name, body.family_name, body.email, body.cellphone)
            key = IdempotencyKey(text=headers.idempotency_key, request_hash=asked)
        try:
            created = await self._create_lead(
                name=body.name,
                family_name=body.family_name,
                email=body.email,
                cellphone=body.cellphone,
                origin=Origin.FORM,
                key=key,
            )
        except LeadInvalidError as error:
            raise _invalid(error.judged) from None
        lead = created.lead
        replayed = {"Idempotent-Replayed": "true"} if created.replayed else {}
        return json_response(
            LeadView.of(lead),
            status=201,
            headers={"Location": f"/v1/leads/{lead.id}", **etag_header(lead.tag), **replayed},
        )

    async def change(
        self, _request: web.Request, *, lead_id: UUID, body: LeadPatch, headers: Precondition
    ) -> web.StreamResponse:
        """Change a lead."""
        try:
            lead = await self._change_lead(lead_id, body.given(), versions=versions_of(headers))
        except ChangesInvalidError as error:
            raise _unfit(error.faults) from None
        return json_response(ContactView.of(lead), headers=etag_header(lead.tag))

    async def erase(
        self, _request: web.Request, *, lead_id: UUID, headers: Precondition
    ) -> web.StreamResponse:
        """Erase a lead."""
        await self._erase_lead(lead_id, versions=versions_of(headers))
        return web.Response(status=204)


def _unfit(faults: Sequence[FieldFault]) -> Problem:
    return invalid_request(
        [
            {"in": "body", "path": fault.field, "code": fault.code, "message": fault.reason}
            for fault in faults
        ],
        status=422,
    )


def _invalid(judged: JudgedRow) -> Problem:
    return invalid_request(
        [
            {"in": "body", "path": path, "code": code, "message": _message(code, judged)}
            for code in judged.codes
            for path in _paths(code, judged)
        ],
        status=422,
    )


def _message(code: Code, judged: JudgedRow) -> str:
    if code is Code.CELLPHONE_INVALID and judged.hint:
        return f"{SENTENCES[code]}; it must be international, beginning with +"
    return SENTENCES[code]


def _paths(code: Code, judged: JudgedRow) -> list[str]:
    if code is Code.NAME_INVALID:
        # The code is the same for both names.
        missing = {Code.NAME_MISSING: "name", Code.FAMILY_NAME_MISSING: "family_name"}
        known = {path for each, path in missing.items() if each in judged.codes}
        names = {"name": judged.name, "family_name": judged.family_name}
        return [path for path, value in names.items() if not value and path not in known]
    if code in {Code.NAME_MISSING, Code.FAMILY_NAME_MISSING}:
        return [code.removesuffix("_missing")]
    return [code.split("_", maxsplit=1)[0]]
