"""notifier-svc is killed in mid-replay: what it had not told comes from the next process."""

import asyncio
import json
from collections import Counter

import aio_pika
import pytest
from aiohttp import ClientError

from e2e.conftest import ReportCounts
from e2e.leads import as_csv, valid_rows
from e2e.office import Office
from e2e.system import JSON, NotAnsweredError, System
from leadwire.testing import eventually

pytestmark = pytest.mark.fault

KILLS = 2
LEADS = 150
DECISIONS = 120
CREATED = "leads_created"


class LateTeam:
    """Another team's queue, which comes after the events; plain aio-pika.

    Attributes:
        received: Ids of the events, in the order in which they came.
    """

    def __init__(self, *, url: str) -> None:
        self.received: list[str] = []
        self._url = url

    async def receive(self, subscribed: asyncio.Event) -> None:
        async with await aio_pika.connect(self._url) as connection:
            channel = await connection.channel()
            await channel.set_qos(prefetch_count=10)
            queue = await channel.declare_queue(
                "billing.leads", durable=True, arguments={"x-queue-type": "quorum"}
            )
            await queue.bind("leadwire.directed", routing_key=queue.name)
            async with queue.iterator() as messages:
                subscribed.set()
                async for message in messages:
                    async with message.process():
                        self.received.append(json.loads(message.body)["id"])


async def test_a_replay_outlives_the_process_that_works_it_off(
    system: System, broker_url: str, report_counts: ReportCounts
) -> None:
    """SIGKILL twice while it sends. Nothing is skipped, and what comes twice is little."""
    notifier = system.service("notifier_svc")
    await notifier.kill()
    notifier.environment = {
        **notifier.environment,
        "NOTIFIER_REPLAY_RATE": "60",
        "NOTIFIER_REPLAY_MAX_BACKLOG": "20",
    }
    await notifier.start()
    office = Office(system=system)
    await office.hire("Ada", "Grace")
    await system.import_leads(as_csv(valid_rows(LEADS)), "text/csv", region="US")
    await office.decide(DECISIONS)
    journal = await _journal(system, office)

    team, subscribed = LateTeam(url=broker_url), asyncio.Event()
    receiving = asyncio.create_task(team.receive(subscribed))
    await asyncio.wait_for(subscribed.wait(), 30)
    order = {"from": "2026-01-01T00:00:00Z", "subscription": "billing.leads"}
    replay = await system.post("notifier_svc", "/v1/replays", order)
    for kill in range(KILLS):
        await eventually(lambda: len(team.received) >= 50 * (kill + 1), within=60)  # noqa: B023
        await notifier.kill()
        await notifier.start()
        seen = await _seen(system, replay)
        assert seen["status"] == "running", f"the kill {kill + 1} was in the middle"
    await eventually(lambda: _has_ended(system, replay), within=90)
    await eventually(lambda: set(team.received) >= set(journal), within=30)
    receiving.cancel()
    await asyncio.wait([receiving])

    counts = Counter(team.received)
    repeated = sum(count - 1 for count in counts.values())
    report_counts(killed=KILLS, events=len(journal), received=len(counts), repeated=repeated)
    assert set(counts) == set(journal)
    assert list(counts) == journal, "first deliveries are in the order of the journal"
    assert repeated <= 20 * KILLS, "a batch for each kill at most"


async def _journal(system: System, office: Office) -> list[str]:
    """Return the ids of all events in order, once all that happened is told."""
    expected = {
        "manager_added": 2,
        "lead_assigned": 2 + DECISIONS,  # one for each manager, and another for each decision
        "lead_interested_created": len(office.ledger.marked("interested")),
        "lead_not_interested_created": len(office.ledger.marked("not_interested")),
    }

    async def whole() -> list[str]:
        items = (await system.get("notifier_svc", "/v1/journal", limit="1000"))["items"]
        created = [each["event"]["data"]["leads"] for each in items if each["type"] == CREATED]
        counts = Counter(each["type"] for each in items if each["type"] != CREATED)
        assert (dict(counts), sum(map(len, created))) == (expected, LEADS)
        return [each["id"] for each in items]

    return await eventually(whole, within=30, message="the journal has all")


async def _seen(system: System, replay: JSON) -> JSON:
    return await system.get("notifier_svc", f"/v1/replays/{replay['id']}")


async def _has_ended(system: System, replay: JSON) -> bool:
    try:
        return bool((await _seen(system, replay))["status"] == "completed")
    except (ClientError, NotAnsweredError):
        return False
