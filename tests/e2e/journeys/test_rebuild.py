"""A projection that is wrong is built anew by the three commands, while the wrong one serves."""

import asyncpg

from e2e.leads import as_csv, valid_rows
from e2e.office import Office
from e2e.system import JSON, System
from leadwire.testing import eventually

LOSE = "DELETE FROM stream_svc.leads WHERE id = $1"
FALSIFY = "UPDATE stream_svc.leads SET doc = replace(doc, 'pending', 'interested') WHERE id = $1"


async def test_a_damaged_projection_is_right_again_after_a_rebuild(system: System) -> None:
    office = Office(system=system)
    await office.hire("Ada", "Grace")
    await system.import_leads(as_csv(valid_rows(8)), "text/csv", region="US")
    await office.decide(3)
    await eventually(lambda: _shows(system, leads=8, decided=3, held=2), within=30)
    before = await _leads(system)
    lost, falsified = before[0]["id"], before[-1]["id"]
    connection = await asyncpg.connect(system.admin_database, timeout=10, command_timeout=60)
    await connection.execute(LOSE, lost)
    await connection.execute(FALSIFY, falsified)
    await connection.close()
    assert await _leads(system) != before

    assert "old one serves" in await system.run("stream_svc", "rebuild")
    await system.run("import_svc", "resync", "--from-start")
    await system.run("manager_svc", "resync", "--from-start")

    async def complete() -> bool:
        said = await system.run("stream_svc", "rebuild")
        return "8 leads came, 8 are served, 0 are missing" in said

    await eventually(complete, within=60)
    assert await _leads(system) != before  # what was falsified nobody mends but a rebuild
    assert "new projection serves" in await system.run("stream_svc", "rebuild", "--finish")

    assert await _leads(system) == before


async def _shows(system: System, *, leads: int, decided: int, held: int) -> bool:
    found = await _leads(system)
    return (
        len(found),
        sum(lead["status"] not in {"pending", "reached_out"} for lead in found),
        sum(lead["manager"] is not None for lead in found),
    ) == (leads, decided, held)


async def _leads(system: System) -> list[JSON]:
    leads: list[JSON] = (await system.get("stream_svc", "/v1/leads"))["items"]
    return leads
