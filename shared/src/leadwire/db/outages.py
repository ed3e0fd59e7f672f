"""Do again what could not be done, since the database went away in its midst."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_delay,
    wait_random_exponential,
)

from leadwire.db.errors import is_transient

log = structlog.get_logger(__name__)

_T = TypeVar("_T")


async def again_while_away(work: Callable[[], Awaitable[_T]], *, within: float) -> _T:
    """Return what the work returns, begun again for as long as what stops it passes.

    For what a start cannot do without: a server may restart between any two of its steps.

    Args:
        work: A coroutine function; a whole transaction.
        within: Seconds after which it is not begun again.

    Raises:
        Exception: The last one.
    """
    retrying = AsyncRetrying(
        retry=retry_if_exception(is_transient),
        wait=wait_random_exponential(multiplier=0.25, max=5.0),
        stop=stop_after_delay(within),
        before_sleep=_say_away,
        reraise=True,
    )
    return await retrying(work)


def _say_away(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.warning(
        "start_waits_for_database", attempt=state.attempt_number, error=type(error).__name__
    )
