"""What is measured is true, whatever the broker says or does not say."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

from prometheus_client import CollectorRegistry

from leadwire.broker import Accepted, Delivery, Message, Subscription
from leadwire.broker.memory import MemoryBroker, MemoryHub
from leadwire.db import Database
from leadwire.ops import ParkedGauges, StatusDesk
from leadwire.outbox import OutboxStore, ParkedEvents, ParkedStore
from leadwire.testing import eventually

Rows = Callable[[str], Awaitable[list[tuple[object, ...]]]]

OWN = Subscription(name="own", types=("told",))


class Unruly(MemoryBroker):
    """Fails, when it is told to, as no transport says that it does."""

    fails = False

    async def waiting(self, subscription: str, *, up_to: int) -> int:
        if self.fails:
            raise LookupError(subscription)
        return await super().waiting(subscription, up_to=up_to)


async def test_gauges_go_on_while_the_broker_fails_and_forget_what_is_gone(
    database: Database, rows: Rows
) -> None:
    broker = Unruly(hub=MemoryHub(), name=str(uuid4()))
    await broker.start()
    await broker.declare([OWN])
    assert list(await broker.publish([Message(id="e", type="told", body=b"")])) == [Accepted()]
    status = StatusDesk(
        service="ops-svc",
        subscriptions=[OWN],
        broker=broker,
        outbox=OutboxStore(database),
        parked=ParkedStore(database=database),
    )
    registry = CollectorRegistry()
    gauges = ParkedGauges(status=status, registry=registry, interval=0.02)

    def parked(subscription: str) -> float | None:
        labels = {"subscription": subscription}
        return registry.get_sample_value("leadwire_parked_events", labels)

    async def park(subscription: str) -> None:
        message = Message(id=str(uuid4()), type="told", body=b"")
        delivery = Delivery(message=message, subscription=subscription, attempt=1)
        lot = ParkedEvents(database=database, registry=CollectorRegistry())
        await lot.park(delivery, "no")

    await park("former")
    await gauges.start()
    await eventually(lambda: (parked("own"), parked("former")) == (0, 1))
    broker.fails = True
    await park("own")
    await eventually(lambda: parked("own") == 1)
    assert registry.get_sample_value("leadwire_waiting_events", {"subscription": "own"}) == 1
    found = await status.now()
    assert (found.subscriptions[0].waiting, found.missing) == (None, None)
    await rows("DELETE FROM parked RETURNING id")
    await eventually(lambda: (parked("own"), parked("former")) == (0, None))
    await gauges.stop()
    await broker.stop()
