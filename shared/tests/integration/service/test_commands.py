"""`migrate`, `topology` and `check` prepare a service and say what is not prepared."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from leadwire.outbox import OUTBOX_MIGRATIONS
from leadwire.testing.postgres import PostgresServer

MakeServiceDatabase = Callable[..., Awaitable[str]]
RunProbe = Callable[..., Awaitable[tuple[int, str]]]

NO_BROKER = "amqp://leadwire:hunter2@127.0.0.1:1/"


def on_database(admin_url: str, service_url: str) -> str:
    return f"{admin_url.rsplit('/', 1)[0]}/{service_url.rsplit('/', 1)[1]}"


async def test_migrate_makes_the_schema_and_applies_once(
    run_probe: RunProbe,
    make_service_database: MakeServiceDatabase,
    postgres_server: PostgresServer,
) -> None:
    url = await make_service_database("probe_svc", [])
    admin = on_database(postgres_server.admin_url, url)
    await execute(admin, "DROP SCHEMA probe_svc CASCADE")
    environment = {
        "PROBE_DATABASE_URL": url,
        "LEADWIRE_BROKER_URL": NO_BROKER,
        "LEADWIRE_ADMIN_DATABASE_URL": postgres_server.admin_url,
    }

    first = await run_probe(environment, "migrate")
    second = await run_probe(environment, "migrate")

    assert first[0] == second[0] == 0
    assert "applied: " in first[1]
    assert "nothing to apply" in second[1]
    assert await fetchval(url, "SELECT count(*) FROM outbox") == 0
    owner = "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'probe_svc'"
    assert await fetchval(url, owner) == await fetchval(url, "SELECT current_user")


async def test_topology_declares_what_check_then_finds(
    run_probe: RunProbe,
    make_service_database: MakeServiceDatabase,
    postgres_server: PostgresServer,
) -> None:
    url = await make_service_database("probe_svc", [OUTBOX_MIGRATIONS])
    broker = on_database(postgres_server.admin_url, url)
    environment = {"PROBE_DATABASE_URL": url, "LEADWIRE_BROKER_URL": broker}

    before = await run_probe(environment, "topology", "--check")
    unprepared = await run_probe(environment, "check")
    declared = await run_probe(environment, "topology")
    after = await run_probe(environment, "topology", "--check")
    prepared = await run_probe(environment, "check")

    assert (before[0], unprepared[0]) == (1, 1)
    assert "probe-svc" in before[1]
    assert "run `probe-svc topology`" in unprepared[1]
    assert (declared[0], after[0], prepared[0]) == (0, 0, 0)
    assert prepared[1].splitlines() == [
        "settings: ok",
        "database: ok",
        "migrations: ok",
        "home: ok",
        "broker: ok",
        "topology: ok",
    ]


async def test_check_names_what_does_not_answer(
    run_probe: RunProbe, make_service_database: MakeServiceDatabase
) -> None:
    url = await make_service_database("probe_svc", [])

    code, told = await run_probe(
        {"PROBE_DATABASE_URL": url, "LEADWIRE_BROKER_URL": NO_BROKER}, "check"
    )

    lines = dict(line.split(": ", 1) for line in told.splitlines())
    assert code == 1
    assert lines["database"] == "ok"
    assert "run `probe-svc migrate`" in lines["migrations"]
    assert lines["broker"] != "ok"
    assert "hunter2" not in told


async def test_check_goes_on_to_the_broker_without_a_database(run_probe: RunProbe) -> None:
    code, told = await run_probe(
        {
            "PROBE_DATABASE_URL": "postgresql://probe:hunter2@127.0.0.1:1/leadwire",
            "LEADWIRE_BROKER_URL": "memory://probe",
        },
        "check",
    )

    lines = dict(line.split(": ", 1) for line in told.splitlines())
    assert code == 1
    assert lines["database"] != "ok"
    assert lines["broker"] == "ok"
    assert "hunter2" not in told


@pytest.mark.parametrize("command", ["migrate", "topology"])
async def test_a_command_on_a_dead_server_fails_with_1_and_no_stack_trace(
    run_probe: RunProbe, command: str
) -> None:
    code, _ = await run_probe(
        {
            "PROBE_DATABASE_URL": "postgresql://probe:hunter2@127.0.0.1:1/leadwire",
            "LEADWIRE_BROKER_URL": "postgresql://probe:hunter2@127.0.0.1:1/leadwire",
            "LEADWIRE_CONNECT_WITHIN_S": "1",
        },
        command,
    )

    assert code == 1


@pytest.mark.parametrize("command", ["migrate", "check"])
async def test_a_parameter_that_the_server_refuses_fails_with_1_and_no_stack_trace(
    run_probe: RunProbe, make_service_database: MakeServiceDatabase, command: str
) -> None:
    url = await make_service_database("probe_svc", [])
    address = f"{url}{'&' if '?' in url else '?'}no_such_parameter=1"

    code, _ = await run_probe(
        {"PROBE_DATABASE_URL": address, "LEADWIRE_BROKER_URL": "memory://probe"}, command
    )

    assert code == 1


async def fetchval(url: str, query: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
