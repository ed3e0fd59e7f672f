"""How long import-svc goes on trying when the database is away or others are faster.

The one place of that policy. What an import has read of its input cannot be asked for
again, so its chunks, and the word on how it ended, are worth a minute, also of a database that
is away. A request about one lead can be sent again: it is only done again what the database
rolled back, or what others were faster at.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar
from uuid import UUID

import structlog
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    stop_after_delay,
    wait_random_exponential,
)

from import_svc.storage.errors import LostRaceError
from leadwire import db
from leadwire.db import is_transient

log = structlog.get_logger(__name__)

TRY_FOR_SECONDS: Final = 60.0
MAX_ATTEMPTS: Final = 30

_T = TypeVar("_T")


async def patiently(work: Callable[[], Awaitable[_T]], *, doing: str, import_id: UUID) -> _T:
    """Return what the work returns, done again for as long as that may help.

    Args:
        work: Safe to do twice: a lost connection may hide that it succeeded.
        doing: What it is, for the log.
        import_id: The import that it belongs to.

    Raises:
        Exception: The last one, if it does not pass or `TRY_FOR_SECONDS` are over.
    """
    retrying = AsyncRetrying(
        retry=retry_if_exception(_worth_another_try),
        wait=wait_random_exponential(multiplier=0.05, max=2.0),
        stop=stop_after_delay(TRY_FOR_SECONDS) | stop_after_attempt(MAX_ATTEMPTS),
        before_sleep=_say_again(doing, import_id),
        reraise=True,
    )

    async def attempt() -> _T:
        return await work()

    return await retrying(attempt)


async def again_if_rolled_back(work: Callable[[], Awaitable[_T]]) -> _T:
    """Return what the work returns, done again a few times if others got in its way.

    Args:
        work: A whole transaction about one lead.

    Raises:
        Exception: The last one.
    """
    return await db.again_if_rolled_back(work, also=(LostRaceError,))


def _worth_another_try(error: BaseException) -> bool:
    return isinstance(error, LostRaceError) or is_transient(error)


def _say_again(doing: str, import_id: UUID) -> Callable[[RetryCallState], None]:
    def say(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        log.info(
            "import_tries_again",
            import_id=str(import_id),
            doing=doing,
            attempt=state.attempt_number,
            error=type(error).__name__,
        )

    return say
