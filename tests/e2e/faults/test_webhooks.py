"""Kill notifier-svc while it posts to an endpoint; then count what the endpoint got."""

import asyncio
from collections import Counter

import asyncpg
import pytest
from aiohttp import web
from standardwebhooks import Webhook

from e2e.conftest import ReportCounts
from e2e.leads import as_csv, valid_rows
from e2e.office import Office
from e2e.system import System
from leadwire.testing import eventually
from notifier_svc.usecases.deliver_events import IN_HAND
from webhook_sink import Answer, Received, running_sink

pytestmark = pytest.mark.fault

TO_THIS_MACHINE = {
    "NOTIFIER_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.1",
    "NOTIFIER_WEBHOOK_ALLOW_HTTP": "true",
}
END_LEASES = """
UPDATE notifier_svc.deliveries
SET next_attempt_at = now(), leased_until = now()
WHERE status = 'pending'
"""


async def test_notifier_svc_killed_while_an_endpoint_holds_its_requests(
    system: System, report_counts: ReportCounts
) -> None:
    """SIGKILL twice: what was under way comes again, the same to the byte, and the rest once."""
    notifier = system.service("notifier_svc")
    await notifier.stop()
    notifier.environment = {**notifier.environment, **TO_THIS_MACHINE}
    await notifier.start()
    kills = 0
    async with running_sink() as sink:
        body = {"url": sink.url, "types": ["lead_assigned", "lead_interested_created"]}
        hook = await system.post("notifier_svc", "/v1/webhooks", body)
        office = Office(system=system)
        await office.hire("Ada", "Grace")
        await system.import_leads(as_csv(valid_rows(20)), "text/csv", region="US")
        for decided in (5, 10):
            held = asyncio.Event()
            sink.answer = holding(held)
            await office.decide(decided)
            await eventually(lambda: sink.open > 0, within=30)
            await notifier.kill()
            kills += 1
            held.set()
            sink.answer = None
            await notifier.start()
            await end_leases(system)

        async def all_delivered() -> list[str]:
            journal = await system.get("notifier_svc", "/v1/journal", limit="1000")
            wanted = [each["id"] for each in journal["items"] if each["type"] in body["types"]]
            log = await system.get(
                "notifier_svc", "/v1/deliveries", webhook_id=hook["id"], limit="1000"
            )
            delivered = [one["event_id"] for one in log["items"] if one["status"] == "delivered"]
            # A lead for each of two managers, and another for each decision.
            told = 2 + 15 + len(office.ledger.marked("interested"))
            return wanted if len(wanted) == told and sorted(delivered) == sorted(wanted) else []

        wanted = await eventually(all_delivered, within=60)
    times = Counter(sink.ids)
    assert set(times) == set(wanted)
    bodies = {(each.id, each.body) for each in sink.received}
    assert len(bodies) == len(times)
    for each in sink.received:
        Webhook(hook["secret"]).verify(each.body, each.headers)
    again = sum(count - 1 for count in times.values())
    assert 0 < again <= kills * IN_HAND
    report_counts(killed=kills, events=len(wanted), delivered_again=again, lost=0)


def holding(held: asyncio.Event) -> Answer:
    async def answer(_: Received) -> web.StreamResponse:
        await held.wait()
        return web.Response()

    return answer


async def end_leases(system: System) -> None:
    """Let the time pass after which somebody else tries."""
    connection = await asyncpg.connect(system.admin_database)
    try:
        await connection.execute(END_LEASES)
    finally:
        await connection.close()
