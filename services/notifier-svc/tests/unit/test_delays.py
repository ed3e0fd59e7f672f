"""The pause before a failed email is tried again."""

from datetime import timedelta

import pytest

from notifier_svc.domain.deliveries import FIRST_DELAY, LONGEST_DELAY, delay_after
from notifier_svc.usecases.deliver_emails import LONGEST_EMAIL_DELAY


@pytest.mark.parametrize("attempts", range(1, 9))
def test_it_doubles_with_every_attempt_give_or_take_a_fifth(attempts: int) -> None:
    expected = FIRST_DELAY * 2 ** (attempts - 1)
    for _ in range(50):
        assert expected * 0.8 <= delay_after(attempts) <= expected * 1.2


def test_it_is_bounded_however_often_it_failed() -> None:
    assert delay_after(10_000) <= LONGEST_DELAY * 1.2


def test_it_differs_so_that_a_herd_does_not_return_at_once() -> None:
    assert len({delay_after(5) for _ in range(20)}) > 1
    assert delay_after(1) > timedelta()


def test_an_email_that_waits_for_its_server_is_never_far_from_its_next_attempt() -> None:
    delays = [delay_after(n, longest=LONGEST_EMAIL_DELAY) for n in range(1, 300)]
    assert max(delays) <= timedelta(minutes=18)
    # The attempts that are the default last for three days of an outage.
    assert sum(delays, timedelta()) > timedelta(hours=66)
