"""How errors are answered."""

from typing import Final

from import_svc.decoding import UnreadableInputError, UnsupportedFormatError
from import_svc.domain.duplicates import LeadExistsError
from import_svc.domain.idempotency import ImportRunningError, KeyReusedError, LeadErasedError
from import_svc.domain.resumes import ResumeTypeError
from import_svc.http.errors import TooManyImportsError, TooManyUploadsError
from import_svc.storage.errors import LostRaceError, ResumeTooLateError
from import_svc.storage.file_errors import (
    FilesFullError,
    FilesUnavailableError,
    FileTooLargeError,
)
from import_svc.usecases.cancel_import import ImportEndedError
from import_svc.usecases.import_request import InputCutOffError
from import_svc.usecases.judge_process import JudgeDiedError
from import_svc.usecases.read_imports import FailuresForgottenError, UnknownImportError
from import_svc.usecases.read_resume import ResumeNotFoundError
from import_svc.usecases.store_chunk import CutOtherwiseError
from import_svc.usecases.stored_lead import LeadNotFoundError, StaleLeadError
from leadwire.http import Answer, Refusals

REFUSALS: Final = Refusals(
    {
        InputCutOffError: Answer(
            400, codes={"client_disconnected": "The connection ended before the body did."}
        ),
        UnreadableInputError: Answer(
            400,
            codes={
                "empty_body": "There is no body; nothing was stored.",
                "malformed_json": "Not JSON; nothing was stored.",
                "malformed_form": "Not a whole multipart form, or not with one file; nothing was "
                "stored.",
                "columns_not_recognised": "A field has no column; `headers_found` lists them. "
                "Nothing was stored.",
                "quotes_do_not_match": "Too many rows have quotes in the wrong places; nothing "
                "was stored.",
            },
        ),
        LeadNotFoundError: 404,
        ResumeNotFoundError: 404,
        UnknownImportError: 404,
        ImportRunningError: Answer(409, retry_after=5),
        CutOtherwiseError: 409,
        ImportEndedError: 409,
        KeyReusedError: 422,
        LeadExistsError: Answer(
            409,
            codes={
                "email_exists": "Another lead has this email.",
                "cellphone_exists": "Another lead has this cellphone.",
            },
        ),
        FailuresForgottenError: 410,
        LeadErasedError: 410,
        StaleLeadError: 412,
        FileTooLargeError: 413,
        ResumeTypeError: 415,
        UnsupportedFormatError: Answer(
            415,
            codes={
                "unsupported_media_type": "The body has another content type.",
                "unsupported_charset": "Send UTF-8.",
            },
        ),
        LostRaceError: Answer(503, retry_after=1),
        JudgeDiedError: Answer(503, retry_after=10),
        ResumeTooLateError: Answer(503, retry_after=10),
        FilesUnavailableError: Answer(503, retry_after=10),
        TooManyImportsError: Answer(503, retry_after=10),
        TooManyUploadsError: Answer(503, retry_after=10),
        FilesFullError: 507,
    }
)
