"""Guessing is slowed, for a while; and those who know their password come in."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from leadwire.access import TooManyAttemptsError
from leadwire.access.attempts import (
    OF_ADDRESS,
    OF_USER,
    OF_USER_THERE,
    Attempts,
)
from leadwire.access.buckets import MOST_KEPT, Bucket, Buckets

if TYPE_CHECKING:
    from shared.tests.unit.access.conftest import Clock


@pytest.fixture
def attempts(clock: "Clock") -> Attempts:
    return Attempts(clock=clock)


def guess(attempts: Attempts, user: str, address: str) -> bool:
    """Guess wrongly; tell whether it was looked at."""
    try:
        attempts.insist(user=user, address=address)
    except TooManyAttemptsError:
        return False
    attempts.count(user=user, address=address)
    return True


def come_in(attempts: Attempts, user: str, address: str) -> bool:
    """Bring the right password; tell whether it was looked at."""
    looked_at = guess(attempts, user, address)
    if looked_at:
        attempts.succeeded(user=user, address=address)
    return looked_at


def guesses(
    attempts: Attempts, users: Callable[[int], str], addresses: Callable[[int], str]
) -> int:
    """Guess until nothing is looked at any more; give how many were."""
    return next(n for n in range(1_000) if not guess(attempts, users(n), addresses(n)))


def test_a_user_is_tried_a_few_times_from_one_address(attempts: Attempts) -> None:
    assert guesses(attempts, lambda _: "ada", lambda _: "192.0.2.1") == OF_USER_THERE.size
    assert guess(attempts, "ada", "192.0.2.2")
    assert guess(attempts, "bob", "192.0.2.1")


def test_many_users_are_tried_a_bounded_number_of_times_from_one_address(
    attempts: Attempts,
) -> None:
    assert guesses(attempts, str, lambda _: "192.0.2.1") == OF_ADDRESS.size
    assert guess(attempts, "0", "192.0.2.2")


def test_one_user_is_tried_a_bounded_number_of_times_from_many_addresses(
    attempts: Attempts,
) -> None:
    assert guesses(attempts, lambda _: "ada", str) == OF_USER.size
    assert guess(attempts, "bob", "0")


def test_whoever_proved_his_password_here_is_not_kept_out_by_guesses_from_elsewhere(
    attempts: Attempts,
) -> None:
    assert come_in(attempts, "ada", "home")
    guesses(attempts, lambda _: "ada", str)
    assert not come_in(attempts, "ada", "a new place")
    assert all(come_in(attempts, "ada", "home") for _ in range(1_000))


def test_nobody_stays_out_for_longer_than_one_drop_however_long_it_is_tried(
    attempts: Attempts, clock: "Clock"
) -> None:
    guesses(attempts, lambda _: "ada", lambda _: "192.0.2.1")
    for _ in range(10_000):
        assert not guess(attempts, "ada", "192.0.2.1")
    with pytest.raises(TooManyAttemptsError) as refused:
        attempts.insist(user="ada", address="192.0.2.1")
    assert 0 < refused.value.retry_after <= OF_USER_THERE.drop_seconds
    clock.now += refused.value.retry_after
    assert come_in(attempts, "ada", "192.0.2.1")


def test_right_passwords_fill_nothing(attempts: Attempts) -> None:
    assert all(come_in(attempts, "ada", "192.0.2.1") for _ in range(1_000))


def test_after_a_right_password_wrong_ones_begin_anew(attempts: Attempts) -> None:
    for _ in range(OF_USER_THERE.size - 1):
        assert guess(attempts, "ada", "192.0.2.1")
    assert come_in(attempts, "ada", "192.0.2.1")
    assert guesses(attempts, lambda _: "ada", lambda _: "192.0.2.1") == OF_USER_THERE.size


def test_the_place_where_a_password_was_proved_longest_ago_is_forgotten_first(
    attempts: Attempts,
) -> None:
    for number in range(MOST_KEPT + 1):
        assert come_in(attempts, "ada", f"home {number}")
    guesses(attempts, lambda _: "ada", str)
    assert not come_in(attempts, "ada", "home 0")
    assert come_in(attempts, "ada", "home 1")


def test_passwords_that_are_sent_at_once_do_not_all_pass(attempts: Attempts) -> None:
    # Each is counted before it is known whether it is right.
    assert sum(guess(attempts, "ada", "192.0.2.1") for _ in range(50)) == OF_USER_THERE.size


def test_what_is_kept_is_bounded_and_the_oldest_is_forgotten(clock: "Clock") -> None:
    buckets = Buckets(Bucket(size=1, drop_seconds=1e9), clock=clock)
    for number in range(MOST_KEPT + 1):
        buckets.fill(str(number).encode())
    assert buckets.wait(b"0") == 0
    assert buckets.wait(b"1") > 0
    assert len(buckets._empty_at) == MOST_KEPT
