"""What a handler says of each delivery is counted, and it hears of nothing."""

from collections.abc import Awaitable, Callable

import pytest
from prometheus_client import CollectorRegistry

from leadwire.broker import Ack, Delivery, Message, Park, Retry, Subscription, Verdict
from leadwire.service.handling_metrics import HandlingMetrics

OWN = Subscription(name="own", types=("told",))
DELIVERY = Delivery(
    message=Message(id="e", type="told", body=b""), subscription=OWN.name, attempt=1
)


def handler_that(outcome: Verdict | Exception) -> Callable[[Delivery], Awaitable[Verdict]]:
    async def handle(_: Delivery) -> Verdict:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return handle


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (Ack(), "done"),
        (Retry(reason="later"), "retry"),
        (Park("never"), "park"),
        (LookupError(), "failed"),
    ],
)
async def test_every_verdict_is_counted_once(outcome: Verdict | Exception, verdict: str) -> None:
    registry = CollectorRegistry()
    counting = HandlingMetrics(registry).counting(OWN, handler_that(outcome))

    def counted(of: str) -> float | None:
        labels = {"subscription": "own", "verdict": of}
        return registry.get_sample_value("leadwire_events_handled_total", labels)

    assert [counted(each) for each in ("done", "retry", "park", "failed")] == [0, 0, 0, 0]
    if isinstance(outcome, Exception):
        with pytest.raises(type(outcome)):
            await counting(DELIVERY)
    else:
        assert await counting(DELIVERY) == outcome
    assert {each for each in ("done", "retry", "park", "failed") if counted(each)} == {verdict}
    seconds = "leadwire_event_handling_seconds_count"
    assert registry.get_sample_value(seconds, {"subscription": "own"}) == 1
