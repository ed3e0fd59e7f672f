"""Every route of import-svc, with what its documentation says."""

from collections.abc import Sequence
from typing import Final

from import_svc.decoding import UnreadableInputError, UnsupportedFormatError
from import_svc.domain.duplicates import LeadExistsError
from import_svc.domain.idempotency import ImportRunningError, KeyReusedError, LeadErasedError
from import_svc.domain.resume_types import ACCEPTED
from import_svc.domain.resumes import ResumeTypeError
from import_svc.domain.rows import MAX_ATTRIBUTES_BYTES, MAX_ROW_BYTES
from import_svc.http.context import Context
from import_svc.http.errors import TooManyImportsError, TooManyUploadsError
from import_svc.http.failures import OFFERED
from import_svc.http.form_events import MULTIPART
from import_svc.http.imports import ImportHandlers
from import_svc.http.leads import LeadHandlers
from import_svc.http.public_form import TOO_MANY_LEADS
from import_svc.http.requests import NewLead, NewLeadForm, NewResume, NewResumeForm
from import_svc.http.resume_forms import JSON_TYPE, ResumeForms
from import_svc.http.resumes import ResumeHandlers
from import_svc.http.views import (
    ContactView,
    ImportsPage,
    LeadView,
    ReceiptView,
    ReceivedView,
    ResumeLinkView,
)
from import_svc.storage.errors import LostRaceError, ResumeTooLateError
from import_svc.storage.file_errors import (
    FilesFullError,
    FilesUnavailableError,
)
from import_svc.usecases.cancel_import import ImportEndedError
from import_svc.usecases.judge_process import JudgeDiedError
from import_svc.usecases.read_imports import FailuresForgottenError, UnknownImportError
from import_svc.usecases.read_resume import ResumeNotFoundError
from import_svc.usecases.store_chunk import CutOtherwiseError
from import_svc.usecases.stored_lead import LeadNotFoundError, StaleLeadError
from leadwire.access import ADMINS, ANYBODY, Role, only
from leadwire.http import NOT_ACCEPTABLE, ErrorResponse, Operation, Response

_LEAD: Final = {
    "type": "object",
    "properties": {
        field: {"type": "string"} for field in ("name", "family_name", "email", "cellphone")
    },
    "required": ["name", "family_name", "email", "cellphone"],
    "additionalProperties": True,
}
_REPLAYED: Final = "`true` if an earlier request with the same key did all of it."
_LEADS: Final = {"type": "array", "items": _LEAD}
_RESUME: Final = (
    "What a resume is, is told by its content, not by its name or declared type: PDF, DOC, DOCX, "
    "ODT or plain text (UTF-8, UTF-16 or Windows-1252). Pages, scripts, RTF, templates, DOCM and a "
    "DOCX that needs a password to open get 415. A form's file without name and content is none: "
    "browsers send it where no file was chosen."
)
_TOO_SLOW: Final = ErrorResponse(408, "request_timeout", "The body came too slowly.")
_RESUME_ERRORS: Final = (
    ErrorResponse(400, "malformed_json", "The body is not JSON."),
    ErrorResponse(400, "malformed_form", "The body is not a whole multipart form."),
    ResumeTypeError,
    TooManyUploadsError,
    ResumeTooLateError,
    FilesUnavailableError,
    FilesFullError,
    _TOO_SLOW,
    ErrorResponse(422, "invalid_request", "Values are wrong or missing; see `errors`."),
)
_FILE_BODY: Final = {"type": "string", "format": "binary"}
_BODIES: Final = {
    "application/json": {
        "oneOf": [
            _LEADS,
            {"type": "object", "properties": {"leads": _LEADS}, "required": ["leads"]},
        ]
    },
    "application/x-ndjson": "One JSON object a line.",
    "text/csv": "A header line, then rows. Comma, semicolon, tab or pipe.",
    MULTIPART: {
        "type": "object",
        "properties": {"file": {"type": "string", "format": "binary"}},
        "required": ["file"],
    },
}


def operations(context: Context) -> list[Operation]:
    """Return the operations, bound to this service's context."""
    return [
        *_import_operations(ImportHandlers(context=context), context.max_body_bytes),
        *_lead_operations(LeadHandlers(context=context), context.resume_forms),
        *_resume_operations(ResumeHandlers(context=context), context.resume_forms),
    ]


def _import_operations(handlers: ImportHandlers, max_body_bytes: int) -> Sequence[Operation]:
    return [
        Operation(
            "POST",
            "/v1/imports",
            handlers.add,
            summary="Import leads",
            tag="imports",
            access=only(Role.IMPORTER),
            description=(
                "Every row ends in exactly one of two places: it becomes a lead, or it is a "
                "failure with its values and every reason. Columns are found by their names, in "
                "any case and spacing (`First Name`, `Last Name`, `E-mail`, `Phone`), of several "
                "the most exact one (`first_name` before `name`, `mobile` before `phone`); those "
                "that are no lead field are kept in `attributes`. A cellphone is unique without "
                "its extension, which is kept in `attributes` as `cellphone_extension`. CSV may be "
                "UTF-8, UTF-16 or UTF-32, or Windows-1252, ISO-8859-1 or ISO-8859-15. "
                f"A row has at most {MAX_ROW_BYTES} bytes, and "
                f"its extra columns as JSON at most {MAX_ATTRIBUTES_BYTES}. Input "
                "that breaks after rows were stored ends the import with status `failed`, an "
                "`error`, and true counts. With an `Idempotency-Key` it is safe to "
                "send an import again, whatever became of the first try: no row is stored twice, "
                "and none is reported as existing because the first try stored it. With `Prefer: "
                "respond-async` the body is stored first and the answer is 202: the import then "
                "runs in the background, and goes on in another process if the one that runs it "
                "dies. Its receipt says how far it is. What turns out there to be unreadable ends "
                "it as `failed`, with the `code` that the answer would have had otherwise."
            ),
            responses={
                200: Response(
                    ReceiptView,
                    "The receipt; also if rows failed.",
                    headers={
                        "Content-Location": "Where the receipt stays.",
                        "Idempotent-Replayed": _REPLAYED,
                    },
                ),
                202: Response(
                    ReceiptView,
                    "The receipt as it stands, with `progress`; the import runs in the background.",
                    headers={
                        "Location": "Where the receipt is.",
                        "Preference-Applied": "`respond-async`.",
                        "Idempotent-Replayed": _REPLAYED,
                    },
                ),
            },
            errors=[
                _TOO_SLOW,
                ImportRunningError,
                CutOtherwiseError,
                KeyReusedError,
                UnreadableInputError,
                UnsupportedFormatError,
                JudgeDiedError,
                TooManyImportsError,
                FilesUnavailableError,
                FilesFullError,
            ],
            consumes=_BODIES,
            max_body=max_body_bytes,
        ),
        Operation(
            "GET",
            "/v1/imports",
            handlers.list,
            summary="List imports",
            tag="imports",
            access=only(Role.IMPORTER),
            responses={200: Response(ImportsPage, "A page, newest first.")},
        ),
        Operation(
            "GET",
            "/v1/imports/{import_id}",
            handlers.show,
            summary="Show a receipt",
            tag="imports",
            access=only(Role.IMPORTER),
            responses={200: Response(ReceiptView, "The receipt as it stands.")},
            errors=[UnknownImportError],
        ),
        Operation(
            "POST",
            "/v1/imports/{import_id}/cancel",
            handlers.cancel,
            summary="Cancel a running import",
            tag="imports",
            access=only(Role.IMPORTER),
            description=(
                "Whether it runs in the background or its sender waits for the answer, which is "
                "then the receipt, even if it has not sent all. What is stored stays, and the "
                "receipt counts it; nothing is stored afterwards. To cancel it again changes "
                "nothing."
            ),
            responses={200: Response(ReceiptView, "The receipt, with status `cancelled`.")},
            errors=[UnknownImportError, ImportEndedError],
        ),
        Operation(
            "GET",
            "/v1/imports/{import_id}/failures",
            handlers.failures,
            summary="Get every failure",
            tag="imports",
            access=only(Role.IMPORTER),
            description="NDJSON, or CSV if `Accept` asks for it. Failures are kept for some time "
            "after the import's end; then only its receipt says how many there were.",
            responses={200: Response(None, "Every failure, in row order.", media_types=OFFERED)},
            errors=[UnknownImportError, FailuresForgottenError, NOT_ACCEPTABLE],
        ),
    ]


def _lead_operations(handlers: LeadHandlers, forms: ResumeForms) -> Sequence[Operation]:
    return [
        Operation(
            "POST",
            "/v1/leads",
            handlers.create,
            summary="Create a lead (public form)",
            tag="leads",
            access=ANYBODY,
            description=f"As JSON, or as a form with the same fields and a file. {_RESUME}",
            responses={
                201: Response(
                    LeadView | ReceivedView,
                    "The lead; or, where the form conceals who is known, and to programs, only "
                    "that something was received.",
                    headers={
                        "Location": "The lead.",
                        "ETag": 'Its version, `"contact-1"`.',
                        "Idempotent-Replayed": _REPLAYED,
                    },
                )
            },
            errors=[
                TOO_MANY_LEADS,
                KeyReusedError,
                LeadErasedError,
                LeadExistsError,
                LostRaceError,
                *_RESUME_ERRORS,
            ],
            consumes={JSON_TYPE: NewLead, MULTIPART: NewLeadForm},
            max_body=forms.max_body_bytes,
        ),
        Operation(
            "PATCH",
            "/v1/leads/{lead_id}",
            handlers.change,
            summary="Change a lead's contact data",
            tag="leads",
            access=ADMINS,
            description=(
                "What is sent is judged as at the lead's creation. What changes nothing is no "
                "error, whatever `If-Match` says, so a request whose answer was lost can be sent "
                "again."
            ),
            responses={
                200: Response(
                    ContactView,
                    "The contact side as it is now.",
                    headers={"ETag": 'Its version, such as `"contact-2"`.'},
                )
            },
            errors=[LeadNotFoundError, LeadExistsError, StaleLeadError, LostRaceError],
        ),
        Operation(
            "DELETE",
            "/v1/leads/{lead_id}",
            handlers.erase,
            summary="Erase a lead",
            tag="leads",
            access=ADMINS,
            description=(
                "Its personal data is deleted, here at once and in every other service by the "
                "event that follows; its values in failures of imports are, too. Its email and "
                "cellphone are free again, its id never is. The file of its resume is deleted "
                "right after; while the store of files is down, that is tried again."
            ),
            responses={204: Response(None, "Erased, now or before.")},
            errors=[LeadNotFoundError, StaleLeadError],
        ),
    ]


def _resume_operations(handlers: ResumeHandlers, forms: ResumeForms) -> Sequence[Operation]:
    return [
        Operation(
            "GET",
            "/v1/leads/{lead_id}/resume",
            handlers.download,
            summary="Download a lead's resume",
            tag="leads",
            access=only(Role.MANAGER, Role.READER),
            description=(
                "The file as it was sent, to be saved, under its sender's name for it, made safe. "
                "If the lead gave a link, JSON with its `url`: it was never followed here."
            ),
            responses={
                200: Response(
                    ResumeLinkView,
                    'The file; or `{"url": ...}` as JSON.',
                    media_types=(JSON_TYPE,),
                    files=[each.media_type for each in ACCEPTED],
                    headers={
                        "Content-Disposition": "`attachment`, with the file's name.",
                        "ETag": "The lead's version, which changes with its resume.",
                    },
                ),
                304: Response(None, "It is as `If-None-Match` says."),
            },
            errors=[LeadNotFoundError, ResumeNotFoundError, FilesUnavailableError],
        ),
        Operation(
            "PUT",
            "/v1/leads/{lead_id}/resume",
            handlers.replace,
            summary="Replace a lead's resume",
            tag="leads",
            access=ADMINS,
            description=(
                "A file as the body, whatever its content type; a form with a file; or JSON with "
                f"text or a URL. {_RESUME} The resume that the lead has already changes nothing, "
                "whatever `If-Match` says, so a request whose answer was lost can be sent again."
            ),
            responses={
                200: Response(
                    ContactView,
                    "The contact side as it is now.",
                    headers={"ETag": 'Its version, such as `"contact-2"`.'},
                )
            },
            errors=[LeadNotFoundError, StaleLeadError, *_RESUME_ERRORS],
            consumes={JSON_TYPE: NewResume, MULTIPART: NewResumeForm, "*/*": _FILE_BODY},
            max_body=forms.max_body_bytes,
        ),
    ]
