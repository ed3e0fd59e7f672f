"""Requests about single leads."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

from aiohttp import web

from import_svc.domain.duplicates import LeadExistsError
from import_svc.domain.faults import FieldFault
from import_svc.domain.idempotency import IdempotencyKey, LeadErasedError, request_hash
from import_svc.http.context import Context
from import_svc.http.keys import key_of_sender
from import_svc.http.requests import LeadPatch, NewLead, NewLeadHeaders
from import_svc.http.resume_forms import RESUME_MISSING, Form
from import_svc.http.views import ContactView, LeadView, ReceivedView
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

_RECEIVED: Final = ReceivedView(status="received")


class LeadHandlers:
    """Handlers under `/v1/leads`."""

    def __init__(self, *, context: Context) -> None:
        self._create_lead = context.create_lead
        self._change_lead = context.change_lead
        self._erase_lead = context.erase_lead
        self._forms = context.resume_forms
        self._public_form = context.public_form

    async def create(
        self, request: web.Request, *, headers: NewLeadHeaders, body: RequestBody
    ) -> web.StreamResponse:
        """Take a lead from the public form."""
        self._public_form.admit(request)
        stranger = self._public_form.is_stranger(request)
        content_type = request.headers.get("Content-Type", "")
        async with self._forms.read(body, content_type=content_type, model=NewLead) as form:
            if self._public_form.is_of_a_program(request, form.fields):
                return json_response(_RECEIVED, status=201)
            if stranger:
                return await self._create_for_stranger(_key_of_content(headers, form), form)
            created = await self._create(_key(request, headers, form), form)
        return _shown(created)

    async def _create_for_stranger(
        self, key: IdempotencyKey | None, form: Form[NewLead]
    ) -> web.StreamResponse:
        if self._public_form.conceals:
            with suppress(LeadExistsError, LeadErasedError):
                await self._create(key, form)
            return json_response(_RECEIVED, status=201)
        created = await self._create(key, form)
        # What others have made of the lead since is theirs.
        return json_response(_RECEIVED, status=201) if created.lead.changed else _shown(created)

    async def _create(self, key: IdempotencyKey | None, form: Form[NewLead]) -> Created:
        fields, resume = form.fields, form.resume
        unknown = [_unknown(name) for name in fields.unknown(honeypot=self._public_form.honeypot)]
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
            missing = [RESUME_MISSING] if error.resume_missing else []
            raise _invalid(error.faults, [*missing, *unknown]) from None

    async def change(
        self, _request: web.Request, *, lead_id: UUID, body: LeadPatch, headers: Precondition
    ) -> web.StreamResponse:
        """Change a lead."""
        try:
            lead = await self._change_lead(lead_id, body.given(), versions=versions_of(headers))
        except ChangesInvalidError as error:
            raise _invalid(error.faults) from None
        return json_response(ContactView.of(lead), headers=etag_header(lead.tag))

    async def erase(
        self, _request: web.Request, *, lead_id: UUID, headers: Precondition
    ) -> web.StreamResponse:
        """Erase a lead."""
        await self._erase_lead(lead_id, versions=versions_of(headers))
        return web.Response(status=204)


def _shown(created: Created) -> web.Response:
    lead = created.lead
    replayed = {"Idempotent-Replayed": "true"} if created.replayed else {}
    return json_response(
        LeadView.of(lead),
        status=201,
        headers={"Location": f"/v1/leads/{lead.id}", **etag_header(lead.tag), **replayed},
    )


def _key(
    request: web.Request, headers: NewLeadHeaders, form: Form[NewLead]
) -> IdempotencyKey | None:
    if headers.idempotency_key is None:
        return None
    return IdempotencyKey.named(
        key_of_sender(request, headers.idempotency_key), request_hash=_hash(form)
    )


def _key_of_content(headers: NewLeadHeaders, form: Form[NewLead]) -> IdempotencyKey | None:
    """Name a stranger's request by its content, too.

    Strangers cannot be told apart: by a key alone, one could take it from another, or find out
    that it has made a lead.
    """
    if headers.idempotency_key is None:
        return None
    asked = _hash(form)
    return IdempotencyKey.named(
        request_hash(headers.idempotency_key, asked.hex()).hex(), request_hash=asked
    )


def _hash(form: Form[NewLead]) -> bytes:
    fields, resume = form.fields, form.resume
    return request_hash(
        fields.name,
        fields.family_name,
        fields.email,
        fields.cellphone,
        resume and resume.digest.hex(),
    )


def _unknown(name: str) -> dict[str, str]:
    return {"in": "body", "path": name[:64], "message": "Extra inputs are not permitted"}


def _invalid(faults: Sequence[FieldFault], others: Sequence[dict[str, str]] = ()) -> Problem:
    named = [
        {"in": "body", "path": fault.field, "code": fault.code, "message": fault.reason}
        for fault in faults
    ]
    return invalid_request([*named, *others], status=422)
