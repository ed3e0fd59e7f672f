"""Why imports end before their input does, as their receipts say it."""

from typing import Final

from import_svc.decoding import UnreadableInputError
from import_svc.domain.receipt import SEND_AGAIN, Interruption
from import_svc.storage.file_errors import FilesUnavailableError
from import_svc.usecases.import_request import InputCutOffError
from import_svc.usecases.judge_process import JudgeDiedError

STOPPING: Final = Interruption(
    code="service_stopping",
    detail=f"the service was stopped; {SEND_AGAIN}",
)
LOST_RACES: Final = Interruption(
    code="too_many_conflicts",
    detail=f"others stored the same leads at the same time, again and again; {SEND_AGAIN}",
)
INTERNAL_ERROR: Final = Interruption(
    code="internal_error",
    detail=f"something went wrong on our side; {SEND_AGAIN}",
)
DATABASE_AWAY: Final = Interruption(
    code="database_unavailable",
    detail=f"the database did not answer; {SEND_AGAIN}",
)
DIED: Final = Interruption(
    code="service_died",
    detail=f"the process that ran the import ended; {SEND_AGAIN}",
)
JUDGE_DIED: Final = Interruption(
    code=JudgeDiedError.code,
    detail=f"the process that read the input failed; {SEND_AGAIN}",
)
FILES_AWAY: Final = Interruption(
    code=FilesUnavailableError.code,
    detail=f"the stored file could not be read, again and again; {SEND_AGAIN}",
)
BODY_LOST: Final = Interruption(
    code="body_lost",
    detail=f"the stored file is not there any more, or is another one; {SEND_AGAIN}",
)
GIVEN_UP: Final = Interruption(
    code="import_given_up",
    detail=f"the processes that ran the import ended, again and again; {SEND_AGAIN}",
)


def how_it_broke(error: UnreadableInputError | InputCutOffError) -> Interruption:
    """Say in a receipt why its input could not be read to the end."""
    extra = error.extra if isinstance(error, UnreadableInputError) else {}
    return Interruption(code=error.code, detail=error.detail, extra=extra)
