"""When to try again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import SystemRandom
from typing import Final, Generic, TypeVar

from leadwire_client._core.decoding import problem_of
from leadwire_client._core.wire import Answer, Call
from leadwire_client.errors import ProblemError, TransportError
from leadwire_client.uploads import Upload

T = TypeVar("T")

MOST_RETRY_AFTER: Final = 3600.0
"""Seconds that a server's `Retry-After` is believed: one that errs must not stop a client."""

_LATER: Final = frozenset({408, 425, 429, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Waits that double from one attempt to the next, half of each by chance.

    Attributes:
        first: Seconds, at most, before the second attempt.
        most: Seconds, at most, before any.
        chance: Gives numbers from 0 to 1.
    """

    first: float = 0.5
    most: float = 30.0
    chance: Callable[[], float] = SystemRandom().random

    def delay(self, failures: int) -> float:
        """Give the wait after so many failures in a row, in seconds."""
        longest = min(self.most, self.first * 2.0 ** min(failures - 1, 30))
        return longest * (0.5 + self.chance() / 2)

    def after(self, seconds: float) -> float:
        """Give a wait that the server asked for, and a little more: others were told the same."""
        return min(seconds, MOST_RETRY_AFTER) * (1 + self.chance() / 4)


class Attempts(Generic[T]):
    """The attempts of one call: what each came to, and whether another one is worth it.

    Args:
        call: What is tried.
        backoff: How long to wait in between.
        patience: Seconds for which new attempts begin.
    """

    def __init__(
        self,
        call: Call[T],
        *,
        backoff: Backoff,
        patience: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._call = call
        self._backoff = backoff
        self._clock = clock
        self._deadline = clock() + patience
        self._failures = 0

    def failed(self, error: TransportError) -> float:
        """Take that no answer came; give the seconds to wait.

        Raises:
            TransportError: It is not worth another attempt.
        """
        if error.sent and not self._repeatable:
            raise error
        return self._wait(error, None)

    def answered(self, answer: Answer) -> float | None:
        """Take an answer; give the seconds to wait, or None if it is good.

        Raises:
            ProblemError: It is a refusal that will stay, or has stayed too long.
        """
        if 200 <= answer.status < 300:
            return None
        problem = problem_of(answer)
        if not self._passes(problem):
            raise problem
        return self._wait(problem, problem.retry_after)

    @property
    def _repeatable(self) -> bool:
        body = self._call.request.body
        return self._call.repeatable and not (isinstance(body, Upload) and not body.repeatable)

    def _passes(self, problem: ProblemError) -> bool:
        if not self._repeatable:
            # Refused before anything was done: by a limit, or by nobody at home.
            return problem.status == 429
        # A conflict with a time to come back is an earlier try that still runs.
        return problem.status in _LATER or (
            problem.status == 409 and problem.retry_after is not None
        )

    def _wait(self, error: Exception, asked_for: float | None) -> float:
        self._failures += 1
        wait = self._backoff.delay(self._failures)
        if asked_for is not None:
            wait = max(wait, self._backoff.after(asked_for))
        if self._clock() + wait > self._deadline:
            raise error
        return wait
