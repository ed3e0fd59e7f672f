"""Do again what the database rolled back, since two transactions got in each other's way."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import asyncpg
from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

ATTEMPTS: Final = 5

_T = TypeVar("_T")


async def again_if_rolled_back(
    work: Callable[[], Awaitable[_T]], *, also: tuple[type[Exception], ...] = ()
) -> _T:
    """Return what the work returns, done again a few times after a deadlock and the like.

    Args:
        work: A whole transaction.
        also: Other errors after which it is worth doing again.

    Raises:
        Exception: The last one.
    """
    retrying = AsyncRetrying(
        retry=retry_if_exception_type((asyncpg.TransactionRollbackError, *also)),
        wait=wait_random_exponential(multiplier=0.02, max=0.5),
        stop=stop_after_attempt(ATTEMPTS),
        reraise=True,
    )

    async def attempt() -> _T:
        # tenacity awaits coroutine functions only, and `work` may be a lambda.
        return await work()

    return await retrying(attempt)
