"""The policy of retries and parking, without any broker."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from leadwire.broker import (
    Ack,
    Delivery,
    Handler,
    Message,
    Park,
    Retry,
    Subscription,
    Verdict,
    attempts,
)
from leadwire.broker.attempts import Done, Settlement, TryAgain, retry_delay, settle, spread
from leadwire.observability import (
    FinishedSpan,
    TraceContext,
    current_trace,
    set_span_recorder,
)
from leadwire.testing.broker_recording import ParkingList

SUBSCRIPTION = Subscription(
    name="orders", types=("lead_updated",), max_attempts=3, retry_delays=(1.0, 5.0)
)
MESSAGE = Message(id="m1", type="lead_updated", body=b'{"email": "ada@example.com"}')
SECRET = "ada@example.com"


def delivery(attempt: int = 1, *, excused: int = 0) -> Delivery:
    return Delivery(message=MESSAGE, subscription="orders", attempt=attempt, excused=excused)


def answering(verdict: object) -> Handler:
    async def handler(delivery: Delivery) -> Verdict:
        return cast("Verdict", verdict)  # wrong answers are tried as well

    return handler


def raising(error: BaseException) -> Handler:
    async def handler(delivery: Delivery) -> Verdict:
        raise error

    return handler


async def settled(
    handler: Handler, *, attempt: int = 1, excused: int = 0, parking: ParkingList | None = None
) -> Settlement:
    return await settle(
        delivery(attempt, excused=excused),
        handler,
        subscription=SUBSCRIPTION,
        parking=parking or ParkingList(),
    )


@pytest.fixture
def logs() -> Iterator[list[EventDict]]:
    with capture_logs() as captured:
        yield captured


async def test_an_acknowledged_delivery_is_done() -> None:
    assert await settled(answering(Ack())) == Done()


async def test_a_handler_that_parks_is_obeyed_at_once() -> None:
    parking = ParkingList()
    assert await settled(answering(Park("unreadable")), parking=parking) == Done()
    assert parking.reasons == {"m1": "unreadable"}


@pytest.mark.parametrize(("attempt", "delay"), [(1, 1.0), (2, 5.0)])
async def test_an_exception_waits_for_the_step_of_its_attempt(attempt: int, delay: float) -> None:
    assert await settled(raising(ValueError()), attempt=attempt) == TryAgain(delay)
    assert await settled(answering(Retry()), attempt=attempt) == TryAgain(delay)


async def test_an_asked_delay_goes_before_the_step() -> None:
    assert await settled(answering(Retry(delay=42.0))) == TryAgain(42.0)
    assert await settled(answering(Retry(delay=0.0))) == TryAgain(0.0)


def test_delays_grow_by_the_steps_and_the_last_one_repeats() -> None:
    assert [retry_delay(SUBSCRIPTION, attempt) for attempt in (1, 2, 3, 50)] == [1, 5, 5, 5]


@pytest.mark.parametrize("attempt", [3, 4])
async def test_the_last_attempt_is_parked_with_what_went_wrong(attempt: int) -> None:
    parking = ParkingList()
    result = await settled(raising(ValueError("no such lead")), attempt=attempt, parking=parking)
    assert result == Done()
    assert parking.reasons["m1"] == f"gave up after {attempt} attempts: ValueError: no such lead"


async def test_an_asked_retry_is_counted_as_well() -> None:
    parking = ParkingList()
    verdict = Retry(delay=9.0, reason="the lead is locked")
    assert await settled(answering(verdict), attempt=3, parking=parking) == Done()
    assert parking.reasons["m1"] == "gave up after 3 attempts: the lead is locked"


async def test_what_is_not_the_events_fault_is_tried_for_days_and_parked_in_the_end() -> None:
    """As after an outage of an hour, when everybody is at the database at once."""
    parking = ParkingList()
    away = answering(Retry(reason="DeadlockDetectedError", excused=True))
    last = attempts.EXCUSED_LIMIT
    assert await settled(away, attempt=3, parking=parking) == TryAgain(5.0, excused=True)
    assert await settled(away, attempt=last - 1, parking=parking) == TryAgain(5.0, excused=True)
    assert await settled(away, attempt=last, parking=parking) == Done()
    assert parking.reasons["m1"] == f"gave up after {last} attempts: DeadlockDetectedError"


async def test_after_an_outage_an_event_has_all_its_attempts_yet() -> None:
    parking = ParkingList()
    broken = raising(ValueError("no such lead"))
    for attempt in (101, 102):
        assert await settled(broken, attempt=attempt, excused=100) == TryAgain(5.0)
    assert await settled(broken, attempt=103, excused=100, parking=parking) == Done()
    assert parking.reasons["m1"] == "gave up after 103 attempts: ValueError: no such lead"


async def test_a_delivery_that_cannot_be_parked_is_kept() -> None:
    parking = ParkingList(failures=1)
    assert await settled(answering(Park("no")), attempt=2, parking=parking) == TryAgain(5.0)
    assert await settled(raising(ValueError()), attempt=3, parking=parking) == Done()


async def test_an_endless_reason_is_cut() -> None:
    parking = ParkingList()
    await settled(answering(Park("x" * 100_000)), parking=parking)
    assert len(parking.reasons["m1"]) == attempts.MAX_REASON


async def test_an_answer_that_is_no_verdict_is_a_failure() -> None:
    assert await settled(answering(None)) == TryAgain(1.0)
    parking = ParkingList()
    await settled(answering(None), attempt=3, parking=parking)
    assert "NoneType, not a verdict" in parking.reasons["m1"]


async def test_a_handler_that_hangs_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "HANDLER_LIMIT", 0.02)

    async def hang(delivery: Delivery) -> Verdict:
        await asyncio.Event().wait()
        return Ack()

    assert await settled(hang) == TryAgain(1.0)


async def test_parking_that_hangs_keeps_the_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "PARKING_LIMIT", 0.02)

    class Hanging:
        async def park(self, delivery: Delivery, reason: str) -> None:
            await asyncio.Event().wait()

    result = await settle(
        delivery(), answering(Park("no")), subscription=SUBSCRIPTION, parking=Hanging()
    )
    assert result == TryAgain(1.0)


async def test_a_cancellation_that_leaks_out_of_a_handler_is_a_failure() -> None:
    assert await settled(raising(asyncio.CancelledError())) == TryAgain(1.0)


async def test_a_cancellation_of_the_consumer_ends_handler_and_settling() -> None:
    started, ended = asyncio.Event(), asyncio.Event()

    async def handler(delivery: Delivery) -> Verdict:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return Ack()

    parking = ParkingList()
    task = asyncio.create_task(settled(handler, attempt=3, parking=parking))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
    assert parking.parked == {}


async def test_the_log_names_the_delivery_and_never_quotes_data(logs: list[EventDict]) -> None:
    await settled(raising(ValueError(SECRET)), attempt=1)
    await settled(raising(ValueError(SECRET)), attempt=3)
    await settled(answering(Park(SECRET)), parking=ParkingList(failures=1))
    assert [entry["event"] for entry in logs] == [
        "handler_failed",
        "delivery_retried",
        "handler_failed",
        "delivery_parked",
        "parking_failed",
    ]
    assert all(entry["message_id"] == "m1" for entry in logs)
    assert [entry["cause"] for entry in logs if "cause" in entry] == ["gave_up"]
    assert logs[0]["error"] == "ValueError"
    assert "in handler" in logs[0]["stack"]
    assert SECRET not in repr(logs)


def test_spread_never_shortens_a_delay_and_adds_little() -> None:
    delays = {spread(10.0) for _ in range(200)}
    assert len(delays) > 100
    assert all(10.0 <= delay <= 11.0 for delay in delays)


async def test_handler_and_policy_work_in_the_trace_of_the_message() -> None:
    seen: list[TraceContext | None] = []
    spans: list[FinishedSpan] = []

    class Recorder:
        def record(self, span: FinishedSpan) -> None:
            spans.append(span)

    class Lot:
        async def park(self, _delivery: Delivery, _reason: str) -> None:
            seen.append(current_trace())

    async def handler(_delivery: Delivery) -> Verdict:
        seen.append(current_trace())
        return Park("never")

    trace_id, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    traced = replace(MESSAGE, headers={"traceparent": f"00-{trace_id}-{parent}-01"})
    set_span_recorder(Recorder())
    try:
        await settle(
            Delivery(message=traced, subscription="orders", attempt=1),
            handler,
            subscription=SUBSCRIPTION,
            parking=Lot(),
        )
    finally:
        set_span_recorder(None)
    [span] = spans
    assert seen == [span.context, span.context]
    assert (span.context.trace_id, span.context.parent_id) == (trace_id, parent)
    assert (span.kind, span.attributes["leadwire.settlement"]) == ("consumer", "Done")
    assert current_trace() is None
