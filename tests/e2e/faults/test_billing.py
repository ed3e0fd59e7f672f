"""The example of another team's service, killed in the middle of its work."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from billing.customers import TYPES
from e2e.conftest import ReportCounts
from e2e.leads import as_csv, valid_rows
from e2e.office import Office
from e2e.other_team import Program, billing
from e2e.system import System
from leadwire.testing import eventually

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]

CUSTOMERS = "SELECT lead_id FROM customers"
WELCOMES = "SELECT lead_id FROM welcomes"
EMAILS = "SELECT email FROM contacts"


async def test_billing_killed_three_times_welcomes_each_interested_lead_once(
    system: System, broker_url: str, tmp_path: Path, report_counts: ReportCounts
) -> None:
    """SIGKILL before its first commit, with events in hand, and twice as soon as it gets on."""
    async with billing(broker_url=broker_url, directory=tmp_path) as program:
        office = Office(system=system)
        await office.hire("Ada", "Grace")
        await system.import_leads(as_csv(valid_rows(90)), "text/csv", region="US")

        await _kill_before_a_commit(program, office)
        assert program.column(WELCOMES) == []
        for _ in range(2):
            await office.decide(30)
            await _kill_as_soon_as_it_gets_on(program)

        await program.start()
        interested = sorted(office.ledger.marked("interested"))
        await eventually(lambda: program.column(WELCOMES) == interested, within=60)
        assert program.column(CUSTOMERS) == interested
        await _correct_and_erase(system, program, interested)
        assert program.column(WELCOMES) == interested, "nobody is welcomed twice"
        assert await program.stop() == 0
        await _lose_the_database(system, program)
        report_counts(killed=3, welcomed=len(interested))


async def _kill_before_a_commit(program: Program, office: Office) -> None:
    """Hold its database while more comes in than it takes in hand, and kill it then."""
    with _write_lock(program.database):
        await office.decide(30)
        await eventually(program.waiting, within=30)
        await program.kill()


async def _kill_as_soon_as_it_gets_on(program: Program) -> None:
    before = len(program.column(WELCOMES))
    await program.start()
    await eventually(lambda: len(program.column(WELCOMES)) > before, within=30)
    await program.kill()


@contextmanager
def _write_lock(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as database:
        database.execute("BEGIN IMMEDIATE")
        yield
        database.execute("ROLLBACK")


async def _correct_and_erase(system: System, program: Program, interested: list[str]) -> None:
    corrected, mended, erased = interested[:3]
    await system.mark(corrected, "not_interested", reason="wrong lead")
    await system.patch("import_svc", f"/v1/leads/{mended}", {"email": "mended@example.com"})
    [email] = program.column(f"{EMAILS} WHERE lead_id = '{erased}'")
    await system.delete("import_svc", f"/v1/leads/{erased}")
    await eventually(lambda: program.column(CUSTOMERS) == [mended, *interested[3:]], within=30)
    await eventually(lambda: "mended@example.com" in program.column(EMAILS), within=30)
    assert email not in program.column(EMAILS)


async def _lose_the_database(system: System, program: Program) -> None:
    """A replay to its queue brings back what it knew, and nothing of who was erased."""
    customers, emails = program.column(CUSTOMERS), program.column(EMAILS)
    for file in program.database.parent.glob("billing.db*"):
        file.unlink()
    await program.start()
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    replay = {"from": yesterday, "subscription": "billing.leads", "types": list(TYPES)}
    await system.post("notifier_svc", "/v1/replays", replay)
    await eventually(lambda: program.has_table("customers"), within=30)
    await eventually(lambda: program.column(CUSTOMERS) == customers, within=60)
    await eventually(lambda: program.column(EMAILS) == emails, within=60)
