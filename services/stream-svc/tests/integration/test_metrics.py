"""What Prometheus hears of streams is true."""

from typing import TYPE_CHECKING

from leadwire.testing import eventually
from leadwire.testing.metrics import metric_value

if TYPE_CHECKING:
    from conftest import MakeContact, StreamService

LAGS = "leadwire_stream_lag_seconds_count"


async def value(service: "StreamService", name: str, **labels: str) -> float:
    async with service.client.get("/metrics") as response:
        return metric_value(await response.text(), name, **labels)


async def test_the_lag_of_those_who_follow_live_is_measured_and_no_other(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    await service.publisher.created(make_contact())
    await service.stored(1)
    assert await value(service, "leadwire_projection_lag_seconds_count") == 1
    await service.snapshot()
    async with service.stream(follow="true") as stream:
        await stream.until("synced")
        assert await value(service, "leadwire_streams_open") == 1
        assert await value(service, LAGS) == 0
        await service.publisher.created(make_contact())
        await stream.until("put")
        await eventually(lambda: value(service, LAGS))
        assert await value(service, "leadwire_stream_lag_seconds_bucket", le="60.0") == 1

    async def nobody_follows() -> bool:
        return await value(service, "leadwire_streams_open") == 0

    async def both_are_handled() -> bool:
        handled = {"subscription": "stream-svc", "verdict": "done"}
        return await value(service, "leadwire_events_handled_total", **handled) == 2

    await eventually(nobody_follows)
    await eventually(both_are_handled)
