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
    again: tuple[type[Exception], ...] = (asyncpg.TransactionRollbackError, *also)
    failed: list[Exception] = []
    try:
        # Nearly always the first try succeeds; tenacity would take longer than what is done here.
        return await work()
    except again as error:
        failed.append(error)

    async def attempt() -> _T:
        if failed:
            raise failed.pop()  # the first try, which counts as one, and is waited after
        return await work()

    return await AsyncRetrying(
        retry=retry_if_exception_type(again),
        wait=wait_random_exponential(multiplier=0.02, max=0.5),
        stop=stop_after_attempt(ATTEMPTS),
        reraise=True,
    )(attempt)
