"""What comes of an attempt to send an event."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier_svc.domain.attempts import (
    LONGEST_RETRY_AFTER,
    MAX_ATTEMPTS,
    OPENS_AFTER,
    EventDelivery,
    Outcome,
    Reply,
    asked_pause,
    judge,
    lead_of,
    unsendable,
)
from notifier_svc.domain.deliveries import LONGEST_DELAY, DeliveryStatus

NOW = datetime(2026, 3, 2, 9, 15, 30, tzinfo=UTC)
RETRY_FOR = timedelta(hours=72)


def delivery(
    *,
    attempts: int = 1,
    waited: timedelta = timedelta(),
    body: bytes | None = b"{}",
    failures: int = 0,
) -> EventDelivery:
    return EventDelivery(
        id=uuid4(),
        event_id="e",
        event_type="lead_updated",
        about=None,
        attempts=attempts,
        waiting_since=NOW - waited,
        body=body,
        webhook_id=uuid4(),
        url="https://example.org",
        secrets=("whsec_secret",),
        failures=failures,
    )


def judged(reply: Reply, tried: EventDelivery | None = None) -> Outcome:
    return judge(tried or delivery(), reply, now=NOW, retry_for=RETRY_FOR)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_ends_it(status: int) -> None:
    assert judged(Reply(status=status)).status is DeliveryStatus.DELIVERED


@pytest.mark.parametrize("status", [302, 400, 401, 404, 429, 500, 503, 600])
def test_every_other_answer_is_tried_again(status: int) -> None:
    outcome = judged(Reply(status=status))
    assert (outcome.status, outcome.error) == (DeliveryStatus.PENDING, f"answered {status}")
    assert timedelta(seconds=4) <= outcome.delay <= timedelta(seconds=6)
    assert (outcome.counts, outcome.gone) == (True, False)


def test_410_ends_it_and_says_so() -> None:
    outcome = judged(Reply(status=410))
    assert (outcome.status, outcome.gone) == (DeliveryStatus.CANCELLED, True)


def test_delays_grow_and_the_last_attempt_comes_when_the_time_is_over() -> None:
    late = judged(Reply(error="x"), delivery(attempts=30, waited=timedelta(hours=70)))
    assert late.delay > LONGEST_DELAY * 0.79
    last = judged(Reply(error="x"), delivery(attempts=40, waited=timedelta(hours=71.9)))
    assert (last.status, last.delay) == (DeliveryStatus.PENDING, RETRY_FOR - timedelta(hours=71.9))
    over = judged(Reply(error="x"), delivery(attempts=41, waited=RETRY_FOR))
    assert (over.status, over.error) == (DeliveryStatus.PARKED, "x")


def test_only_first_failures_and_probes_tell_of_the_endpoints_health() -> None:
    assert not judged(Reply(status=500), delivery(attempts=2)).counts
    assert judged(Reply(status=500), delivery(attempts=2, failures=OPENS_AFTER)).counts


@pytest.mark.parametrize(
    ("text", "pause"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("0", None),
        ("120", timedelta(seconds=120)),
        ("999999999999999999999999", LONGEST_RETRY_AFTER),
        ("Mon, 02 Mar 2026 09:16:30 GMT", timedelta(minutes=1)),
        ("Mon, 02 Mar 2026 09:14:30 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_RETRY_AFTER),
        ("Fri, 31 Dec 9999 23:59:59 -1200", LONGEST_RETRY_AFTER),
        ("\u0661\u0662", None),
    ],
)
def test_a_wish_to_be_left_alone_is_heard_within_bounds(
    text: str | None, pause: timedelta | None
) -> None:
    assert asked_pause(text, now=NOW) == pause


@given(st.text(max_size=40))
def test_no_header_breaks_the_reading(text: str) -> None:
    pause = asked_pause(text, now=NOW)
    assert pause is None or timedelta() < pause <= LONGEST_RETRY_AFTER


def test_a_pause_delays_the_delivery_too() -> None:
    outcome = judged(Reply(status=429, retry_after="3600"))
    assert (outcome.pause, outcome.delay) == (timedelta(hours=1), timedelta(hours=1))


def test_what_cannot_be_sent_is_not_tried() -> None:
    assert unsendable(delivery()) is None
    forgotten = unsendable(delivery(body=None))
    assert forgotten is not None
    assert forgotten.status is DeliveryStatus.CANCELLED
    deadly = unsendable(delivery(attempts=MAX_ATTEMPTS + 1))
    assert deadly is not None
    assert deadly.status is DeliveryStatus.PARKED


def test_nothing_secret_or_personal_shows_in_a_repr() -> None:
    shown = repr(judged(Reply(status=500), delivery(body=b"ada@example.org")))
    assert "whsec" not in shown
    assert "ada" not in shown


@pytest.mark.parametrize(
    ("event_type", "about", "lead"),
    [
        ("lead_updated", "0197a1c2-0000-7000-8000-000000000001", True),
        ("manager_added", "0197a1c2-0000-7000-8000-000000000001", False),
        ("lead_updated", "somebody", False),
        ("leads_created", None, False),
    ],
)
def test_a_lead_is_known_by_type_and_subject(event_type: str, about: str, *, lead: bool) -> None:
    assert lead_of(event_type, about) == (UUID(about) if lead else None)
