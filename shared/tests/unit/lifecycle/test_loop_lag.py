import time

from prometheus_client import CollectorRegistry

from leadwire.lifecycle import EventLoopLag
from leadwire.testing import eventually


async def test_what_blocks_the_loop_is_seen_and_idling_is_not() -> None:
    registry = CollectorRegistry()
    lag = EventLoopLag(registry=registry, interval=0.01)

    def seen(name: str, **labels: str) -> float:
        return registry.get_sample_value(f"leadwire_event_loop_lag_seconds_{name}", labels) or 0.0

    await lag.start()
    await eventually(lambda: seen("count") >= 3)
    idle = seen("sum")
    time.sleep(0.3)  # noqa: ASYNC251  what the loop must not do
    await eventually(lambda: seen("sum") > idle + 0.2)
    await lag.stop()
    assert seen("count") - seen("bucket", le="0.1") >= 1
