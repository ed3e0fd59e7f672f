"""Kill notifier-svc between an email that the server took and the note that it did."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from aiosmtpd.smtp import SMTP
from mail_server import serving

from e2e.conftest import ReportCounts, StartSystem
from leadwire.db.embedded.ports import LOOPBACK
from leadwire.testing import eventually
from leadwire.testing.process import ServiceProcess

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]

ADA = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}


async def test_a_kill_after_the_servers_last_answer_repeats_an_email_under_its_id(
    start_system: StartSystem, report_counts: ReportCounts, tmp_path: Path
) -> None:
    """SIGKILL once both emails are taken, while the notes about them wait for a lock."""
    system = await start_system()
    database = await asyncpg.connect(system.admin_database)
    noting = database.transaction()

    is_locked, taking = False, asyncio.Lock()

    async def take_and_lock(_: SMTP) -> str:
        nonlocal is_locked
        async with taking:  # the other email is not taken, and noted, before the lock either
            if not is_locked:
                await noting.start()
                await database.execute("LOCK TABLE notifier_svc.deliveries IN SHARE MODE")
                is_locked = True
        return "250 OK"

    try:
        async with serving({"DATA": take_and_lock}) as server:
            notifier = await _sending_to(system.service("notifier_svc"), server.port)
            await system.post("import_svc", "/v1/leads", ADA)
            await eventually(lambda: len(server.taken) == 2, within=30)
            await notifier.kill()
            await noting.rollback()
            # The leases end.
            await database.execute("UPDATE notifier_svc.deliveries SET next_attempt_at = now()")
            await notifier.start()

            async def are_noted() -> bool:
                done = await system.get("notifier_svc", "/v1/deliveries", status="delivered")
                return [one["attempts"] for one in done["items"]] == [2, 2]

            await eventually(are_noted, within=30)
            ids = [str(each["Message-ID"]) for each in server.emails]
    finally:
        await database.close()
    assert len(ids) == 4
    assert len(set(ids)) == 2
    assert "ada@example.com" not in notifier.log.read_text()
    report_counts(killed=1, emails=len(set(ids)), taken_twice=len(ids) - len(set(ids)))


async def _sending_to(notifier: ServiceProcess, port: int) -> ServiceProcess:
    """Have the service send its emails to a server on that port."""
    await notifier.stop()
    assert isinstance(notifier.environment, dict)
    notifier.environment["NOTIFIER_EMAIL_URL"] = f"smtp://{LOOPBACK}:{port}"
    await notifier.start()
    return notifier
