"""The fixtures that give each test a database of its own."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from leadwire.db import MigrationSource
from leadwire.testing.postgres import PostgresServer
from leadwire.testing.postgres_databases import DatabaseTemplates, FreshDatabase

MakeServiceDatabase = Callable[[str, Sequence[MigrationSource]], Awaitable[str]]


async def fetch(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close(timeout=5)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MigrationSource:
    """One migration, which makes the table `things`."""
    package = tmp_path / "things_migrations"
    package.mkdir()
    (package / "0001_things.sql").write_text("CREATE TABLE things (id int)", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return MigrationSource("things", package.name)


async def test_a_service_database_is_migrated_and_owned_by_the_services_role(
    make_service_database: MakeServiceDatabase, source: MigrationSource
) -> None:
    url = await make_service_database("a_svc", [source])

    assert await fetch(url, "SELECT count(*) FROM things") == 0
    assert await fetch(url, "SELECT current_schema()") == "a_svc"
    owner = "SELECT tableowner = current_user FROM pg_tables WHERE tablename = 'things'"
    assert await fetch(url, owner) is True


async def test_two_services_of_one_test_share_its_database(
    make_service_database: MakeServiceDatabase, source: MigrationSource
) -> None:
    first = await make_service_database("a_svc", [source])
    second = await make_service_database("b_svc", [source])

    assert urlsplit(first).path == urlsplit(second).path
    assert urlsplit(first).username != urlsplit(second).username
    await fetch(first, "INSERT INTO things VALUES (1)")
    assert await fetch(second, "SELECT count(*) FROM things") == 0


async def test_tests_do_not_see_each_other_and_the_template_stays_clean(
    database_templates: DatabaseTemplates, source: MigrationSource
) -> None:
    one, other = (
        FreshDatabase(templates=database_templates),
        FreshDatabase(templates=database_templates),
    )
    first = await one.add("a_svc", [source])
    await fetch(first, "INSERT INTO things VALUES (1)")

    second = await other.add("a_svc", [source])

    assert await fetch(second, "SELECT count(*) FROM things") == 0
    await one.drop()
    await other.drop()


async def test_a_dropped_database_is_gone_although_somebody_is_connected(
    database_templates: DatabaseTemplates, source: MigrationSource
) -> None:
    database = FreshDatabase(templates=database_templates)
    url = await database.add("a_svc", [source])
    connection = await asyncpg.connect(url)

    await database.drop()
    await database.drop()

    connection.terminate()
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await fetch(url, "SELECT 1")


async def test_a_closed_session_leaves_neither_databases_nor_roles(
    postgres_server: PostgresServer, source: MigrationSource
) -> None:
    count = "SELECT (SELECT count(*) FROM pg_database) || ' ' || (SELECT count(*) FROM pg_roles)"
    before = await fetch(postgres_server.admin_url, count)
    templates = DatabaseTemplates(server=postgres_server)
    await FreshDatabase(templates=templates).add("a_svc", [source])
    assert await fetch(postgres_server.admin_url, count) != before

    await templates.close()

    assert await fetch(postgres_server.admin_url, count) == before


async def test_sessions_on_one_server_do_not_share_roles(
    postgres_server: PostgresServer, source: MigrationSource
) -> None:
    sessions = [DatabaseTemplates(server=postgres_server) for _ in range(2)]
    urls = [await FreshDatabase(templates=one).add("a_svc", [source]) for one in sessions]

    assert len({urlsplit(url).username for url in urls}) == 2
    for url in urls:
        assert await fetch(url, "SELECT 1") == 1
    for session in sessions:
        await session.close()


async def test_an_empty_database_is_there_for_administrators(fresh_database: FreshDatabase) -> None:
    url = await fresh_database.admin_url()

    assert await fetch(url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    assert await fetch(url, "SELECT rolcreaterole FROM pg_roles WHERE rolname = current_user")
    assert await fresh_database.admin_url() == url
