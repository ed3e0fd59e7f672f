"""What Prometheus hears of the queue is true."""

from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry

from leadwire.db import Database
from leadwire.outbox import Outbox
from leadwire.testing import eventually
from leadwire.testing.metrics import metric_value
from manager_svc.metrics import ManagerMetrics
from manager_svc.usecases.match import ACTOR, match
from manager_svc.usecases.measure_queue import QueueGauges
from manager_svc.usecases.unit import Units

if TYPE_CHECKING:
    from conftest import Desk

WAITS = "leadwire_assignment_wait_seconds_count"


@pytest.fixture
def auto_assign() -> bool:
    return False


async def test_the_queue_is_measured_again_and_again(desk: "Desk") -> None:
    registry = CollectorRegistry()
    metrics = ManagerMetrics(registry)
    gauges = QueueGauges(database=desk.database, metrics=metrics, interval=0.02)

    def measured() -> list[float | None]:
        names = ("waiting_leads", "oldest_waiting_lead_seconds", "free_places")
        return [registry.get_sample_value(f"leadwire_{name}") for name in names]

    await gauges.start()
    metrics.waiting.set(-1)
    await eventually(lambda: measured() == [0, 0, 0])
    await desk.create(desk.contact(age=3600), desk.contact())
    await eventually(lambda: measured()[0] == 2)
    with_oldest = measured()[1]
    await desk.manager(capacity=3)
    await eventually(lambda: measured()[2] == 3)
    [(oldest,)] = await desk.rows("SELECT id FROM leads ORDER BY created_at LIMIT 1")
    await desk.erase(oldest)
    await eventually(lambda: measured()[0] == 1)
    assert with_oldest is not None
    # A second may have passed meanwhile, but no hour.
    assert (measured()[1] or 0) < with_oldest - 3000
    await gauges.stop()


async def test_a_lead_is_counted_when_its_first_manager_gets_it(desk: "Desk") -> None:
    async def counted() -> float:
        async with desk.client.get("/metrics") as response:
            return metric_value(await response.text(), WAITS)

    anna, ben = await desk.manager("Anna"), await desk.manager("Ben")
    [lead] = await desk.leads(1)
    assert await counted() == 0
    await desk.call("POST", f"/v1/managers/{anna['id']}/next-lead")
    assert await counted() == 1
    await desk.call("DELETE", f"/v1/leads/{lead}/assignee")
    await desk.call("POST", f"/v1/managers/{ben['id']}/next-lead")
    assert await desk.holds(ben) == [lead]
    assert await counted() == 1


async def test_what_is_only_rehearsed_is_not_counted(desk: "Desk", database: Database) -> None:
    registry = CollectorRegistry()
    units = Units(
        database=database, outbox=Outbox(), auto_assign=True, metrics=ManagerMetrics(registry)
    )
    await desk.leads(1)
    await desk.manager()
    assert len(await units.rehearse(match, actor=ACTOR)) == 1
    assert registry.get_sample_value(WAITS) == 0
    assert len(await units.run(match, actor=ACTOR)) == 1
    assert registry.get_sample_value(WAITS) == 1
