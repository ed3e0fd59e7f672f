"""What the database rolled back is done again, a bounded number of times."""

import asyncpg
import pytest

from leadwire.db import ATTEMPTS, again_if_rolled_back


class LostRaceError(Exception):
    """An error of a service's own after which it helps to try again."""


class Unlucky:
    """Fails the first few times."""

    def __init__(self, error: Exception, *, failures: int) -> None:
        self.runs = 0
        self._error = error
        self._failures = failures

    async def __call__(self) -> str:
        self.runs += 1
        if self.runs <= self._failures:
            raise self._error
        return "done"


DEADLOCK = asyncpg.DeadlockDetectedError("deadlock detected")


async def test_a_deadlock_is_not_seen() -> None:
    work = Unlucky(DEADLOCK, failures=2)
    assert await again_if_rolled_back(work) == "done"
    assert work.runs == 3


async def test_deadlocks_for_ever_end_the_attempts() -> None:
    work = Unlucky(DEADLOCK, failures=100)
    with pytest.raises(asyncpg.DeadlockDetectedError):
        await again_if_rolled_back(work)
    assert work.runs == ATTEMPTS


async def test_other_errors_are_tried_again_only_if_they_are_named() -> None:
    with pytest.raises(LostRaceError):
        await again_if_rolled_back(Unlucky(LostRaceError(), failures=1))
    work = Unlucky(LostRaceError(), failures=1)
    assert await again_if_rolled_back(work, also=(LostRaceError,)) == "done"
