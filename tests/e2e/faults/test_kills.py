"""Kill and stop what runs while leads are marked; then count what arrived.

Each test says what it took away, and holds at the end: every marked lead's event
arrived, each effect happened once, and no event was about a lead that nobody marked.
"""

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from e2e.conftest import ReportCounts, StartSystem
from e2e.leads import as_csv, valid_rows
from e2e.office import PATIENCE, Office
from e2e.subscriber import Subscriber
from e2e.system import System
from leadwire.testing import TcpProxy, eventually
from leadwire.testing.postgres import PostgresServer
from leadwire.testing.rabbitmq import RabbitMQServer

pytestmark = pytest.mark.fault

DECISIONS_PER_SECOND = 20


async def test_manager_svc_killed_between_commit_and_publication(
    start_system: StartSystem, broker_url: str, report_counts: ReportCounts
) -> None:
    """SIGKILL while decisions are committed and their events cannot reach the broker yet."""
    address = urlsplit(broker_url)
    login = address.netloc.rpartition("@")[0]
    async with TcpProxy(address.hostname or "", address.port or 5672) as proxy:
        through_proxy = address._replace(netloc=f"{login}@{proxy.host}:{proxy.port}").geturl()
        system = await start_system(manager_svc=through_proxy)
        async with Subscriber(url=broker_url, event_type="lead_interested_created") as subscriber:
            office = await _open_office(system, leads=60)
            await office.decide(15)
            await eventually(lambda: len(subscriber.effects) == 10)

            proxy.freeze()
            await office.decide(30)
            await system.service("manager_svc").kill()
            assert len(subscriber.effects) == 10, "the kill fell between commit and publication"
            proxy.cut()
            proxy.thaw()
            await system.service("manager_svc").start()
            await office.decide(15)

            counts = await _everything_arrived(system, office, subscriber)
            report_counts(killed=1, decided_unpublished=30, **counts)


async def test_rabbitmq_stopped_for_ten_seconds_while_leads_are_marked(
    system: System, broker_url: str, private_rabbitmq: RabbitMQServer, report_counts: ReportCounts
) -> None:
    async with Subscriber(url=broker_url, event_type="lead_interested_created") as subscriber:
        office = await _open_office(system, leads=400)
        await office.decide(30)
        await private_rabbitmq.stop()
        try:
            ends_at = asyncio.get_running_loop().time() + 10.0
            # Decisions do not wait for the broker, or nobody would come to the fiftieth.
            decided_meanwhile = await _decide_while(
                office, lambda decided: decided < 50 or asyncio.get_running_loop().time() < ends_at
            )
        finally:
            await private_rabbitmq.start()
        await office.decide(30)

        counts = await _everything_arrived(system, office, subscriber)
        report_counts(decided_while_down=decided_meanwhile, **counts)


async def test_postgres_restarted_while_leads_are_marked(
    system: System, broker_url: str, private_postgres: PostgresServer, report_counts: ReportCounts
) -> None:
    async with Subscriber(url=broker_url, event_type="lead_interested_created") as subscriber:
        office, over = await _open_office(system, leads=400), asyncio.Event()
        await office.decide(30)
        deciding = asyncio.create_task(_decide_while(office, lambda _: not over.is_set()))
        await eventually(lambda: len(office.ledger.decisions) >= 50)
        await private_postgres.restart()
        goal = len(office.ledger.decisions) + 20
        await eventually(lambda: len(office.ledger.decisions) >= goal, within=PATIENCE)
        over.set()
        decided_around = await deciding
        await office.decide(30)

        counts = await _everything_arrived(system, office, subscriber)
        report_counts(decided_around_the_restart=decided_around, **counts)


async def _open_office(system: System, *, leads: int) -> Office:
    office = Office(system=system)
    await office.hire("Ada", "Grace", "Edsger")
    receipt = await system.import_leads(as_csv(valid_rows(leads)), "text/csv", region="US")
    assert receipt["imported"] == leads

    async def all_have_a_lead() -> bool:
        return len(await office.look()) == 3

    await eventually(all_have_a_lead, within=30)
    return office


async def _decide_while(office: Office, goes_on: Callable[[int], bool]) -> int:
    """Decide at a steady pace; return how many decisions were confirmed, of which it is told."""
    before, loop = len(office.ledger.decisions), asyncio.get_running_loop()
    while goes_on(len(office.ledger.decisions) - before):
        now = loop.time()
        await office.decide(1)
        await asyncio.sleep(max(0.0, now + 1 / DECISIONS_PER_SECOND - loop.time()))
    return len(office.ledger.decisions) - before


async def _everything_arrived(
    system: System, office: Office, subscriber: Subscriber
) -> dict[str, int]:
    marked = office.ledger.marked("interested")
    await eventually(lambda: set(marked) <= set(subscriber.leads()), within=60)
    assert sorted(subscriber.leads()) == sorted(marked), "one event for each marked lead"

    async def journal_is_complete() -> bool:
        page = await system.get(
            "notifier_svc", "/v1/journal", type="lead_interested_created", limit="1000"
        )
        return sorted(item["subject"] for item in page["items"]) == sorted(marked)

    async def stream_agrees() -> bool:
        counts = await system.get("stream_svc", "/v1/leads/count")
        return bool(counts["by_status"].get("interested", 0) == len(marked))

    await eventually(journal_is_complete, within=60)
    await eventually(stream_agrees, within=60)
    return {
        "attempted": office.ledger.attempted,
        "decided": len(office.ledger.decisions),
        "interested": len(marked),
        "arrived": len(set(subscriber.leads())),
        "lost": len(set(marked) - set(subscriber.leads())),
        "duplicate_deliveries": sum(subscriber.deliveries.values()) - len(subscriber.deliveries),
        "duplicate_effects": len(subscriber.leads()) - len(set(subscriber.leads())),
    }
