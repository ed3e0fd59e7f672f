"""A lead is changed, erased, and gone from everywhere (G11); the rest can be said again."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Final

import asyncpg
import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP
from mail_server import serving

from e2e.collector import Collector
from e2e.conftest import StartSystem
from e2e.person import EMAIL, OTHER_TEAM, WORDS, Person, say_all_again
from e2e.system import System
from e2e.traces import Kept
from leadwire.db import DedicatedConnection
from leadwire.db.embedded.ports import LOOPBACK
from leadwire.testing import eventually
from leadwire.testing.rabbitmq import RabbitMQServer
from webhook_sink import Received, running_sink

TRACED = {"import-svc", "manager-svc", "notifier-svc", "stream-svc"}
SCHEMAS = ("import_svc", "manager_svc", "notifier_svc", "stream_svc")
RECEIVED = (
    "SELECT count(DISTINCT event_id) FROM {schema}.inbox WHERE source = 'leadwire/import-svc'"
)
OF_BOTH_LIVES: Final = """
    SELECT life, id::text, contact_rev > 0 AS met, work_rev > 0 AS worked
    FROM stream_svc.leads WHERE id = ANY ($1)
"""
THERE_BEFORE: Final = {
    *(f"import_svc.leads.{each}" for each in ("name", "family_name", "email", "email_key")),
    "import_svc.leads.cellphone", "import_svc.leads.attributes", "import_svc.lead_former_keys.key",
    "import_svc.resumes.file_name", "import_svc.outbox.body",
    *(f"import_svc.import_failures.{each}" for each in ("name", "family_name", "email")),
    *(f"import_svc.import_failures.{each}" for each in ("cellphone", "email_key", "mentions")),
    *(f"manager_svc.leads.{each}" for each in ("name", "family_name", "email", "cellphone")),
    "manager_svc.lead_history.reason", "manager_svc.outbox.body", "manager_svc.parked.body",
    "notifier_svc.journal.body", "notifier_svc.parked.body",
    *(f"notifier_svc.deliveries.{each}" for each in ("recipient", "subject", "body", "html")),
    *(f"stream_svc.leads.{each}" for each in ("name", "email", "cellphone", "attributes", "doc")),
    "stream_svc.changes.doc", "stream_svc.parked.body",
    "files", f"queue {OTHER_TEAM}",
}  # fmt: skip
"""Places where the search finds the person, or it proves nothing."""

NOT_REACHED: Final = {
    # By a name alone nobody can be told from others who are called so.
    "import_svc.import_failures.name",
    "import_svc.import_failures.family_name",
    f"queue {OTHER_TEAM}",
}
"""What docs/operations/services.md says of."""


@pytest.fixture
async def archive(system: System) -> AsyncIterator[DedicatedConnection]:
    connection = await asyncpg.connect(system.admin_database, timeout=10, command_timeout=60)
    yield connection
    await connection.close()


async def create(system: System, name: str) -> str:
    body = {"first_name": name, "last_name": "Liskov", "email": f"{name}@example.com"}
    lead = await system.post("import_svc", "/v1/leads", body)
    return str(lead["id"])


@pytest.mark.timeout(240)
async def test_a_person_is_gone_from_everywhere_once_the_lead_is_erased(
    start_system: StartSystem, broker_url: str, private_rabbitmq: RabbitMQServer, tmp_path: Path
) -> None:
    letters = tmp_path / "letters"
    letters.mkdir()
    (letters / "alert.txt").write_text("Subject: {{ lead.name }} wrote\n\n{{ lead.email }}\n")
    async with (
        running_sink() as sink,
        serving({"RCPT": _refuse}) as mail,
        Collector() as collector,
    ):
        sink.answer = _echo
        system = await start_system(
            settings={
                "IMPORT_BACKGROUND_RUNNING": "0",
                "LEADWIRE_OTEL_ENDPOINT": collector.endpoint,
                "NOTIFIER_EMAIL_URL": f"smtp://{LOOPBACK}:{mail.port}?starttls=never",
                "NOTIFIER_EMAIL_TEMPLATES": str(letters),
                "NOTIFIER_WEBHOOK_ALLOWED_NETWORKS": LOOPBACK,
                "NOTIFIER_WEBHOOK_ALLOW_HTTP": "true",
            }
        )
        assert private_rabbitmq.management_url is not None
        kept = Kept(
            admin_database=system.admin_database,
            directory=tmp_path,
            management_url=private_rabbitmq.management_url,
            broker_url=broker_url,
        )
        person = Person(system=system, broker_url=broker_url)
        await person.leave_traces(sink.url)
        await say_all_again(system)
        await eventually(partial(_is_in_both_lives, system, person), within=60)

        async def is_everywhere() -> bool:
            assert await kept.places_of(WORDS) >= THERE_BEFORE
            return True

        await eventually(is_everywhere, within=60)
        for lead in person.leads:
            await system.delete("import_svc", f"/v1/leads/{lead}")
            await system.delete("import_svc", f"/v1/leads/{lead}")

        async def is_left_in(places: set[str]) -> bool:
            found = await kept.places_of(WORDS)
            assert (found - places, places - found) == (set(), set())
            return True

        # The import that has not begun brings him anew, or is cancelled: then its body goes.
        await eventually(partial(is_left_in, NOT_REACHED | {"files"}), within=60)
        path = f"/v1/imports/{person.waiting_import}/cancel"
        await system.post("import_svc", path, {})
        await eventually(partial(is_left_in, NOT_REACHED), within=30)
        # Services send what they have of spans now and then.
        await eventually(lambda: {span.service for span in collector.spans} == TRACED, within=60)
    # Spans are with whoever collects them, so nothing of him may ever be in one.
    assert not any(WORDS.search(body) for body in collector.bodies)
    for lead in person.leads:
        assert await system.status_of("stream_svc", f"/v1/leads/{lead}") == 404
        assert await system.status_of("manager_svc", f"/v1/leads/{lead}/history") == 404
    page = await system.get("notifier_svc", "/v1/journal", type="lead_erased")
    assert {item["subject"] for item in page["items"]} == set(person.leads)
    # The email is free again.
    again = {"first_name": "Z", "last_name": "Q", "email": EMAIL}
    assert (await system.post("import_svc", "/v1/leads", again))["id"] not in person.leads


async def _refuse(server: SMTP) -> str:
    """Refuse whoever is no colleague, in words that name him."""
    assert server.envelope is not None
    recipient = server.envelope.rcpt_tos[-1]
    return "250 OK" if recipient == "sales@example.com" else f"550 5.1.1 no {recipient} here"


async def _echo(got: Received) -> web.StreamResponse:
    """Fail, and say all that was sent."""
    return web.Response(status=500, reason="no", headers={"Retry-After": "9"}, body=got.body)


async def _is_in_both_lives(system: System, person: Person) -> bool:
    connection = await asyncpg.connect(system.admin_database, timeout=10)
    try:
        records = await connection.fetch(OF_BOTH_LIVES, person.leads)
    finally:
        await connection.close()
    sides = {(life, lead): (met, worked) for life, lead, met, worked in records}
    assert sides == {(life, lead): (True, True) for life in (1, 2) for lead in person.leads}
    return True


async def test_what_is_said_again_is_new_only_to_whoever_lost_it(
    system: System, archive: DedicatedConnection, tmp_path: Path
) -> None:
    kept, gone = await create(system, "Barbara"), await create(system, "Grace")

    async def all_is_delivered() -> bool:
        page = await system.get("notifier_svc", "/v1/deliveries", status="delivered")
        return len(page["items"]) == 4

    await eventually(all_is_delivered, within=30)
    await system.delete("import_svc", f"/v1/leads/{gone}")
    await eventually(lambda: _all_received(archive, 3), within=30)

    def emails_of_one_are_left() -> bool:
        emails = [path.name for path in (tmp_path / "mail").glob("*.eml")]
        return [kept in each for each in emails] == [True, True]

    # Emails as files go with their lead, once the erasure is not only in the journal.
    await eventually(emails_of_one_are_left, within=30)
    state = await _state(archive)

    assert "done, 2 said again" in await system.run("import_svc", "resync")
    await eventually(lambda: _all_received(archive, 5), within=30)
    assert await _state(archive) == state

    # The projection is lost, as after a restore of an old backup.
    await archive.execute("DELETE FROM stream_svc.leads")
    assert await system.status_of("stream_svc", f"/v1/leads/{kept}") == 404
    await system.run("import_svc", "resync")
    await eventually(lambda: _all_received(archive, 7), within=30)
    assert await system.status_of("stream_svc", f"/v1/leads/{kept}") == 200
    assert await system.status_of("stream_svc", f"/v1/leads/{gone}") == 404


async def _all_received(archive: DedicatedConnection, count: int) -> bool:
    counts = [await archive.fetchval(RECEIVED.format(schema=schema)) for schema in SCHEMAS[1:]]
    return counts == [count] * len(counts)


async def _state(archive: DedicatedConnection) -> list[object]:
    """Return what every consumer makes of leads; the same as long as nothing is new to it."""
    queries = (
        "SELECT pos FROM stream_svc.head",
        "SELECT json_agg((id, status, attempts) ORDER BY id)::text FROM notifier_svc.deliveries",
        "SELECT json_agg(l.* ORDER BY id)::text FROM manager_svc.leads l",
        "SELECT json_agg(l.* ORDER BY id)::text FROM stream_svc.leads l",
    )
    return [await archive.fetchval(query) for query in queries]
