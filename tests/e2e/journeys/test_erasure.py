"""A lead is changed, erased, and gone from everywhere (G11); the rest can be said again."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from e2e.system import JSON, System
from leadwire.db import DedicatedConnection
from leadwire.testing import eventually

SCHEMAS = ("import_svc", "manager_svc", "notifier_svc", "stream_svc")
COLUMNS = """
    SELECT format('%I.%I', table_schema, table_name) AS of, quote_ident(column_name) AS name,
        udt_name AS type
    FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = ANY ($1) AND table_type = 'BASE TABLE'
        AND udt_name IN ('text', '_text', 'varchar', 'json', 'jsonb', 'bytea')
"""
HOLDS = "SELECT EXISTS (SELECT FROM {table} WHERE {text} ~* $1)"
PARKED = "SELECT count(*) FROM {schema}.parked"
RECEIVED = (
    "SELECT count(DISTINCT event_id) FROM {schema}.inbox WHERE source = 'leadwire/import-svc'"
)


class Archive:
    """Whatever all services store."""

    def __init__(self, connection: DedicatedConnection) -> None:
        self._connection = connection

    async def holding(self, *texts: str) -> set[str]:
        """Name each column that holds one of the texts, in any case."""
        pattern = "|".join(texts)
        found = set()
        columns = await self._connection.fetch(COLUMNS, list(SCHEMAS))
        assert len(columns) > 50
        for of, name, kind in columns:
            text = f"encode({name}, 'escape')" if kind == "bytea" else f"{name}::text"
            if await self._connection.fetchval(HOLDS.format(table=of, text=text), pattern):
                found.add(f"{of}.{name}")
        return found

    async def value(self, query: str) -> object:
        """Return one value."""
        found: object = await self._connection.fetchval(query)
        return found

    async def execute(self, statement: str) -> None:
        """Change what is stored."""
        await self._connection.execute(statement)


@pytest.fixture
async def archive(system: System) -> AsyncIterator[Archive]:
    connection = await asyncpg.connect(system.admin_database, timeout=10, command_timeout=60)
    yield Archive(connection)
    await connection.close()


async def create(system: System, name: str) -> str:
    body = {"first_name": name, "last_name": "Liskov", "email": f"{name}@example.com"}
    lead = await system.post("import_svc", "/v1/leads", body)
    return str(lead["id"])


async def test_a_person_is_gone_from_everywhere_once_the_lead_is_erased(
    system: System, archive: Archive, tmp_path: Path
) -> None:
    await system.post("manager_svc", "/v1/managers", {"name": "Ada"})
    lead_id = await create(system, "Barbara")
    path = f"/v1/leads/{lead_id}"
    # The person again, in an import: a failure.
    row = b"name,family_name,email,cellphone\nB,L,BARBARA@example.com,+12125550101\n"
    receipt = await system.import_leads(row, "text/csv")
    assert (receipt["imported"], receipt["failed"]) == (0, 1)
    changes: JSON = {"email": "hopper@example.com", "attributes": {"alias": "Grace"}}
    changed = await system.patch("import_svc", path, changes)

    async def is_read() -> JSON:
        found = await system.get("stream_svc", path)
        assert found["tags"]["contact"] == changed["tags"]["contact"]
        return found

    found = await eventually(is_read, within=30)
    assert {name: found[name] for name in ("email", "name", "attributes")} == {
        "email": "hopper@example.com",
        "name": "Barbara",
        "attributes": {"alias": "Grace"},
    }
    await system.mark(lead_id, "interested")
    traces = ("barbara", "liskov", "hopper@", "grace")
    # Each service keeps something of the person: otherwise this looked in the wrong places.
    await eventually(lambda: _each_holds_something(archive, traces), within=30)
    # An email as a file is something of his, too.
    await eventually(lambda: _files_holding(tmp_path, traces), within=30)

    await system.delete("import_svc", path)
    await system.delete("import_svc", path)

    async def nothing_is_left() -> bool:
        held = await archive.holding(*traces)
        assert held == set()
        # Neither emails, nor resumes, nor what any process has logged.
        assert _files_holding(tmp_path, traces) == []
        return True

    await eventually(nothing_is_left, within=30)
    for schema in SCHEMAS:
        assert await archive.value(PARKED.format(schema=schema)) == 0
    assert await system.status_of("stream_svc", path) == 404
    assert await system.status_of("manager_svc", f"{path}/history") == 404
    page = await system.get("notifier_svc", "/v1/journal", type="lead_erased")
    assert [item["subject"] for item in page["items"]] == [lead_id]
    # The email is free again.
    assert await create(system, "Barbara") != lead_id


def _files_holding(directory: Path, texts: tuple[str, ...]) -> list[Path]:
    """Name each file that holds one of the texts, in any case."""
    files = [path for path in directory.rglob("*") if path.is_file()]
    assert len(files) >= len(SCHEMAS)  # each service has a log
    return [path for path in files if any(text in _content(path) for text in texts)]


def _content(path: Path) -> str:
    try:
        return path.read_text(errors="replace").lower()
    except FileNotFoundError:
        return ""  # deleted just now


async def _each_holds_something(archive: Archive, traces: tuple[str, ...]) -> bool:
    held = await archive.holding(*traces)
    return {column.partition(".")[0] for column in held} == set(SCHEMAS)


async def test_what_is_said_again_is_new_only_to_whoever_lost_it(
    system: System, archive: Archive
) -> None:
    kept, gone = await create(system, "Barbara"), await create(system, "Grace")

    async def all_is_delivered() -> bool:
        page = await system.get("notifier_svc", "/v1/deliveries", status="delivered")
        return len(page["items"]) == 4

    await eventually(all_is_delivered, within=30)
    await system.delete("import_svc", f"/v1/leads/{gone}")
    await eventually(lambda: _all_received(archive, 3), within=30)
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


async def _all_received(archive: Archive, count: int) -> bool:
    counts = [await archive.value(RECEIVED.format(schema=schema)) for schema in SCHEMAS[1:]]
    return counts == [count] * len(counts)


async def _state(archive: Archive) -> list[object]:
    """Return what every consumer makes of leads; the same as long as nothing is new to it."""
    queries = (
        "SELECT pos FROM stream_svc.head",
        "SELECT json_agg((id, status, attempts) ORDER BY id)::text FROM notifier_svc.deliveries",
        "SELECT json_agg(l.* ORDER BY id)::text FROM manager_svc.leads l",
        "SELECT json_agg(l.* ORDER BY id)::text FROM stream_svc.leads l",
    )
    return [await archive.value(query) for query in queries]
