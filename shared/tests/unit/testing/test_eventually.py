import asyncio
import time

import pytest

from leadwire.testing import eventually


async def test_returns_the_first_truthy_value() -> None:
    values = iter([None, 0, "", "here"])

    assert await eventually(lambda: next(values)) == "here"


async def test_takes_coroutine_functions() -> None:
    values = iter([0, 7])

    async def check() -> int:
        return next(values)

    assert await eventually(check) == 7


async def test_a_failed_assertion_means_not_yet() -> None:
    tries = iter([1, 2, 3])

    def check() -> bool:
        assert next(tries) == 3
        return True

    assert await eventually(check)


async def test_fails_with_the_last_failed_assertion() -> None:
    def check() -> bool:
        found = 4
        assert found == 5, "four is not five"
        return True

    with pytest.raises(AssertionError, match=r"the sum agrees.*four is not five") as caught:
        await eventually(check, within=0.05, message="the sum agrees")

    assert isinstance(caught.value.__cause__, AssertionError)


async def test_fails_with_the_last_value() -> None:
    with pytest.raises(AssertionError, match="last value: 0"):
        await eventually(lambda: 0, within=0.05)


async def test_is_bounded_also_when_a_check_hangs() -> None:
    begun = time.monotonic()

    with pytest.raises(AssertionError, match=r"not within 0\.05 s"):
        await eventually(lambda: asyncio.Event().wait(), within=0.05)

    assert time.monotonic() - begun < 20


async def test_another_exception_ends_the_wait() -> None:
    def check() -> bool:
        raise LookupError("not a matter of time")

    with pytest.raises(LookupError):
        await eventually(check, within=5)


async def test_a_time_out_of_the_check_itself_is_raised() -> None:
    async def check() -> bool:
        raise TimeoutError("the check's own")

    with pytest.raises(TimeoutError, match="own"):
        await eventually(check, within=5)
