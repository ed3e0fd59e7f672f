"""Requests about single leads."""

from collections.abc import Sequence
from uuid import UUID

from aiohttp import web

from import_svc.domain.changes import FieldFault
from import_svc.domain.idempotency import IdempotencyKey, request_hash
from import_svc.domain.reasons import SENTENCES, Code
from import_svc.domain.rows import JudgedRow
from import_svc.domain.validation import INTERNATIONAL
from import_svc.http.context import Context
from import_svc.http.requests import LeadPatch, NewLead, NewLeadHeaders
from import_svc.http.resume_forms import RESUME_MISSING, Form
from import_svc.http.views import ContactView, LeadView
from import_svc.usecases.change_lead import ChangesInvalidError
from import_svc.usecases.create_lead import Created, LeadInvalidError
from leadwire.contracts import Origin
from leadwire.http import (
    Precondition,
    Problem,
    RequestBody,
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
        self._forms = context.resume_forms

    async def create(
        self, request: web.Request, *, headers: NewLeadHeaders, body: RequestBody
    ) -> web.StreamResponse:
        """Take a lead from the public form."""
        content_type = request.headers.get("Content-Type", "")
        async with self._forms.read(body, content_type=content_type, model=NewLead) as form:
            created = await self._create(headers, form)
        lead = created.lead
        replayed = {"Idempotent-Replayed": "true"} if created.replayed else {}
        return json_response(
            LeadView.of(lead),
            status=201,
            headers={"Location": f"/v1/leads/{lead.id}", **etag_header(lead.tag), **replayed},
        )

    async def _create(self, headers: NewLeadHeaders, form: Form[NewLead]) -> Created:
        fields, resume = form.fields, form.resume
        key = None
        if headers.idempotency_key is not None:
            asked = request_hash(
                fields.name,
                fields.family_name,
                fields.email,
                fields.cellphone,
                resume and resume.digest.hex(),
            )
            key = IdempotencyKey(text=headers.idempotency_key, request_hash=asked)
        unknown = [_unknown(name) for name in fields.unknown]
        try:
            if unknown:
                self._create_lead.judge(
                    fields.name, fields.family_name, fields.email, fields.cellphone, resume=resume
                )
                raise invalid_request(unknown, status=422)
            return await self._create_lead(
                name=fields.name,
                family_name=fields.family_name,
                email=fields.email,
                cellphone=fields.cellphone,
                origin=Origin.FORM,
                resume=resume,
                key=key,
            )
        except LeadInvalidError as error:
            raise _invalid(error, unknown) from None

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


def _unknown(name: str) -> dict[str, str]:
    return {"in": "body", "path": name[:64], "message": "Extra inputs are not permitted"}


def _invalid(error: LeadInvalidError, unknown: Sequence[dict[str, str]]) -> Problem:
    judged = error.judged
    faults = [
        {"in": "body", "path": path, "code": code, "message": _message(code, judged)}
        for code in judged.codes
        for path in _paths(code, judged)
    ]
    missing = [RESUME_MISSING] if error.resume_missing else []
    return invalid_request([*faults, *missing, *unknown], status=422)


def _message(code: Code, judged: JudgedRow) -> str:
    if code is Code.CELLPHONE_INVALID and judged.hint:
        return INTERNATIONAL
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
