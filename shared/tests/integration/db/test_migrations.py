import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

from leadwire.db import (
    Connection,
    DedicatedConnection,
    MigrationError,
    MigrationSource,
    migrate,
    pending_migrations,
)
from leadwire.db import migrations as migrations_module

Connect = Callable[[str], Awaitable[DedicatedConnection]]
WriteMigrations = Callable[..., MigrationSource]

CREATE = "CREATE TABLE things (id int);"
EXTEND = "ALTER TABLE things ADD COLUMN name text; INSERT INTO things VALUES (1, 'one');"


async def names(connection: Connection) -> list[str]:
    rows = await connection.fetch("SELECT source || '/' || name FROM a_svc.schema_migrations")
    return sorted(row[0] for row in rows)


async def test_applies_what_is_pending_in_order_and_only_once(
    service_url: str, connect: Connect, write_migrations: WriteMigrations
) -> None:
    connection = await connect(service_url)
    source = write_migrations(m0001_things=CREATE, m0002_names=EXTEND)
    both = ["a-svc/0001_things", "a-svc/0002_names"]
    assert await pending_migrations(connection, schema="a_svc", sources=[source]) == both

    first = await migrate(connection, schema="a_svc", sources=[source])
    second = await migrate(connection, schema="a_svc", sources=[source])

    assert (first, second) == (both, [])
    assert await pending_migrations(connection, schema="a_svc", sources=[source]) == []
    assert await connection.fetchval("SELECT name FROM a_svc.things") == "one"
    assert await names(connection) == both


async def test_a_later_file_is_applied_by_the_next_run(
    service_url: str, connect: Connect, write_migrations: WriteMigrations
) -> None:
    connection = await connect(service_url)
    await migrate(connection, schema="a_svc", sources=[write_migrations(m0001_things=CREATE)])

    applied = await migrate(
        connection, schema="a_svc", sources=[write_migrations(m0002_names=EXTEND)]
    )

    assert applied == ["a-svc/0002_names"]


async def test_several_sources_keep_their_order_and_their_numbers_apart(
    service_url: str, connect: Connect, write_migrations: WriteMigrations, tmp_path: Path
) -> None:
    connection = await connect(service_url)
    first = write_migrations(m0001_things=CREATE)
    other = tmp_path / "other_migrations"
    other.mkdir()
    (other / "0001_names.sql").write_text(EXTEND, encoding="utf-8")

    applied = await migrate(
        connection, schema="a_svc", sources=[first, MigrationSource("other", "other_migrations")]
    )

    assert applied == ["a-svc/0001_things", "other/0001_names"]


async def test_a_file_that_fails_leaves_no_trace_and_stops_the_run(
    service_url: str, connect: Connect, write_migrations: WriteMigrations
) -> None:
    connection = await connect(service_url)
    source = write_migrations(
        m0001_things=CREATE,
        m0002_broken="CREATE TABLE half (id int); SELECT 1 / 0;",
        m0003_names=EXTEND,
    )

    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(connection, schema="a_svc", sources=[source])

    assert await names(connection) == ["a-svc/0001_things"]
    assert await connection.fetchval("SELECT to_regclass('a_svc.half')") is None
    write_migrations(m0002_broken="CREATE TABLE whole (id int);")
    assert await migrate(connection, schema="a_svc", sources=[source]) == [
        "a-svc/0002_broken",
        "a-svc/0003_names",
    ]


async def test_a_changed_applied_file_is_an_error_that_names_it(
    service_url: str, connect: Connect, write_migrations: WriteMigrations
) -> None:
    connection = await connect(service_url)
    source = write_migrations(m0001_things=CREATE)
    await migrate(connection, schema="a_svc", sources=[source])
    write_migrations(m0001_things=CREATE + " -- edited")

    for look in (migrate, pending_migrations):
        with pytest.raises(MigrationError, match="changed after they were applied: a-svc/0001"):
            await look(connection, schema="a_svc", sources=[source])


async def test_an_applied_file_that_is_gone_is_an_error_for_migrate(
    service_url: str, connect: Connect, write_migrations: WriteMigrations
) -> None:
    connection = await connect(service_url)
    source = write_migrations(m0001_things=CREATE, m0002_names=EXTEND)
    await migrate(connection, schema="a_svc", sources=[source])
    write_migrations(m0002_names=None)

    with pytest.raises(MigrationError, match="not known here: a-svc/0002_names"):
        await migrate(connection, schema="a_svc", sources=[source])


async def test_the_previous_version_may_run_on_a_newer_schema(
    service_url: str, connect: Connect, write_migrations: WriteMigrations
) -> None:
    connection = await connect(service_url)
    source = write_migrations(m0001_things=CREATE, m0002_names=EXTEND)
    await migrate(connection, schema="a_svc", sources=[source])
    write_migrations(m0002_names=None)

    assert await pending_migrations(connection, schema="a_svc", sources=[source]) == []


async def test_replicas_that_start_together_apply_each_file_once(
    service_url: str, connect: Connect, write_migrations: WriteMigrations
) -> None:
    source = write_migrations(
        m0001_things=CREATE + "SELECT pg_sleep(0.3);",
        m0002_names=EXTEND,
    )
    connections = [await connect(service_url) for _ in range(4)]

    results = await asyncio.gather(
        *(migrate(connection, schema="a_svc", sources=[source]) for connection in connections)
    )

    assert sorted(results) == [[], [], [], ["a-svc/0001_things", "a-svc/0002_names"]]
    assert await connections[0].fetchval("SELECT count(*) FROM a_svc.things") == 1


async def test_waiting_for_another_migration_is_bounded(
    service_url: str,
    connect: Connect,
    write_migrations: WriteMigrations,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(migrations_module, "LOCK_WITHIN", 0.3)
    holder, waiter = await connect(service_url), await connect(service_url)
    await holder.execute(
        "SELECT pg_advisory_lock(hashtextextended('migrate a_svc', 0))",
    )

    with pytest.raises(MigrationError, match="another process has held"):
        await migrate(waiter, schema="a_svc", sources=[write_migrations(m0001_things=CREATE)])


async def test_a_missing_schema_is_an_error_that_says_what_to_do(
    service_url: str, connect: Connect, write_migrations: WriteMigrations
) -> None:
    with pytest.raises(MigrationError, match="nowhere does not exist: provision its role"):
        await migrate(
            await connect(service_url),
            schema="nowhere",
            sources=[write_migrations(m0001_things=CREATE)],
        )


async def test_the_connection_is_left_as_it_was(
    service_url: str, connect: Connect, write_migrations: WriteMigrations
) -> None:
    connection = await connect(service_url)
    await connection.execute("SET statement_timeout = '7s'; SET search_path = pg_catalog")

    await migrate(connection, schema="a_svc", sources=[write_migrations(m0001_things=CREATE)])

    assert await connection.fetchval("SHOW statement_timeout") == "7s"
    assert await connection.fetchval("SHOW search_path") == "pg_catalog"
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    assert await connection.fetchval(held) == 0
