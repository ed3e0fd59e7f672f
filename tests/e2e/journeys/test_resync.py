"""A projection that was lost is filled again by what both sides of the leads say again."""

from collections import Counter

import asyncpg

from e2e.leads import as_csv, valid_rows
from e2e.office import Office
from e2e.system import JSON, System
from leadwire.testing import eventually

LOSE = "TRUNCATE stream_svc.leads, stream_svc.changes, stream_svc.managers"


async def test_a_lost_projection_is_the_same_after_both_resyncs(system: System) -> None:
    office = Office(system=system)
    await office.hire("Ada", "Grace")
    await system.import_leads(as_csv(valid_rows(8)), "text/csv", region="US")
    await office.decide(3)
    decided = office.ledger.marked("interested")[0]
    await system.mark(decided, "not_interested", reason="wrong lead")
    held = next(iter((await office.look()).values()))
    await system.mark(held, "reached_out")
    before = await _projected_once(system, interested=1, not_interested=2, reached_out=1)
    told = await eventually(lambda: _decisions(system, of=2), within=30)

    connection = await asyncpg.connect(system.admin_database, timeout=10, command_timeout=60)
    await connection.execute(LOSE)
    await connection.close()
    assert await _projected(system) == []
    assert "done, 8 said again" in await system.run("import_svc", "resync")
    assert "done, 7 said again" in await system.run("manager_svc", "resync")  # 2 and 5

    after = await _projected_once(system, interested=1, not_interested=2, reached_out=1)
    assert after == before
    assert await _decisions(system, of=2) == told  # nobody is told of a decision again


async def _projected_once(system: System, **statuses: int) -> list[JSON]:
    leads: list[JSON] = []

    async def all_are() -> bool:
        leads[:] = await _projected(system)
        found = Counter(lead["status"] for lead in leads)
        held = sum(lead["manager"] is not None for lead in leads)
        as_told = all(found[status] == count for status, count in statuses.items())
        return as_told and (len(leads), held) == (8, 2)

    await eventually(all_are, within=30, message="all leads are projected")
    return leads


async def _projected(system: System) -> list[JSON]:
    leads: list[JSON] = (await system.get("stream_svc", "/v1/leads"))["items"]
    return leads


async def _decisions(system: System, *, of: int) -> list[str]:
    """Return the ids of what told of so many leads, once the journal has it."""
    page = await system.get("notifier_svc", "/v1/journal", type="lead_interested_created")
    assert len({item["subject"] for item in page["items"]}) == of
    return [item["id"] for item in page["items"]]
