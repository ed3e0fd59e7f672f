"""Which calls are tried again, and when."""

from typing import TypeVar

import pytest

from leadwire_client import Backoff, TransportError, UnavailableError
from leadwire_client._core.calls import leads, managers
from leadwire_client._core.retries import Attempts
from leadwire_client._core.wire import Answer, Call

T = TypeVar("T")

BACKOFF = Backoff(first=1.0, most=4.0, chance=lambda: 1.0)
READ = leads.count_leads((), q=None)
ADD = managers.add_manager({"name": "Ada"})


def attempts_of(call: Call[T], *, patience: float = 100.0) -> Attempts[T]:
    return Attempts(call, backoff=BACKOFF, patience=patience, clock=lambda: 0.0)


def later(seconds: int) -> Answer:
    return Answer(status=503, headers={"retry-after": str(seconds)})


def test_a_good_answer_needs_no_other_try() -> None:
    assert attempts_of(READ).answered(Answer(status=200)) is None


def test_waits_grow_and_are_never_less_than_what_the_server_asks_for() -> None:
    attempts = attempts_of(READ)
    assert attempts.answered(Answer(status=503)) == 1.0
    assert attempts.answered(later(8)) == 10.0
    assert attempts.answered(later(1)) == 4.0


def test_a_wait_beyond_patience_is_not_begun() -> None:
    attempts = attempts_of(READ, patience=5.0)
    with pytest.raises(UnavailableError) as refused:
        attempts.answered(later(60))
    assert refused.value.retry_after == 60.0


def test_what_was_never_sent_can_always_be_sent() -> None:
    assert attempts_of(ADD).failed(TransportError("refused", sent=False)) == 1.0
    with pytest.raises(TransportError):
        attempts_of(ADD).failed(TransportError("cut", sent=True))
    assert attempts_of(READ).failed(TransportError("cut", sent=True)) == 1.0
