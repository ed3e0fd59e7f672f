"""Wait for something to become true, instead of sleeping and hoping."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

_T = TypeVar("_T")

_FIRST_PAUSE = 0.005
_LONGEST_PAUSE = 0.2


@overload
async def eventually(
    check: Callable[[], Awaitable[_T]], *, within: float = ..., message: str = ...
) -> _T: ...


@overload
async def eventually(check: Callable[[], _T], *, within: float = ..., message: str = ...) -> _T: ...


async def eventually(
    check: Callable[[], Awaitable[_T] | _T], *, within: float = 30.0, message: str = ""
) -> _T:
    """Poll until the check returns something truthy, and return that.

    Args:
        check: A function or coroutine function without arguments. An AssertionError
            inside it counts as "not yet"; any other exception ends the wait.
        within: Seconds after which the wait fails, even if a check hangs; many by default, as a
            loaded machine is slow, and what comes is not waited for any longer.
        message: What is waited for, for the failure.

    Raises:
        AssertionError: It did not become true in time; its cause is the last
            AssertionError of the check.
    """
    deadline = time.monotonic() + within
    pause = _FIRST_PAUSE
    failure: AssertionError | None = None
    value: object = "no check came to an end"
    while (left := deadline - time.monotonic()) > 0:
        try:
            async with asyncio.timeout(left) as limit:
                value = result = await _call(check)
        except AssertionError as error:
            failure = error
        except TimeoutError:
            if not limit.expired():
                raise  # the check's own
            break
        else:
            if result:
                return result
            failure = None
        await asyncio.sleep(min(pause, max(deadline - time.monotonic(), 0)))
        pause = min(pause * 1.5, _LONGEST_PAUSE)
    what = message or "the condition"
    seen = failure if failure is not None else f"last value: {value!r}"
    raise AssertionError(f"not within {within:g} s: {what} ({seen})") from failure


async def _call(check: Callable[[], Awaitable[_T] | _T]) -> _T:
    result = check()
    if inspect.isawaitable(result):
        return await result
    return result
