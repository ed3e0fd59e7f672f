"""`prepare` before each start: of many replicas at once, and of an older version, too."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from leadwire.testing.postgres import PostgresServer

MakeServiceDatabase = Callable[..., Awaitable[str]]
RunProbe = Callable[..., Awaitable[tuple[int, str]]]

NEWER = "INSERT INTO schema_migrations (source, name, checksum) VALUES ('outbox', '9999_newer', '')"


@pytest.fixture
async def environment(
    make_service_database: MakeServiceDatabase,
    postgres_server: PostgresServer,
    rabbitmq_vhost: str,
) -> dict[str, str]:
    """A server where the service has neither schema nor queues yet."""
    url = await make_service_database("probe_svc", [])
    admin = f"{postgres_server.admin_url.rsplit('/', 1)[0]}/{url.rsplit('/', 1)[1]}"
    await execute(admin, "DROP SCHEMA probe_svc CASCADE")
    return {
        "PROBE_DATABASE_URL": url,
        "LEADWIRE_ADMIN_DATABASE_URL": postgres_server.admin_url,
        "LEADWIRE_BROKER_URL": rabbitmq_vhost,
    }


async def test_replicas_that_start_together_prepare_the_service_once(
    environment: dict[str, str], run_probe: RunProbe
) -> None:
    ended = await asyncio.gather(*(run_probe(environment, "prepare") for _ in range(3)))

    assert [code for code, _ in ended] == [0, 0, 0], ended
    assert sum("applied: " in told for _, told in ended) == 1
    assert (await run_probe(environment, "check"))[0] == 0
    assert (await run_probe(environment, "prepare"))[1].splitlines()[1:] == [
        "nothing to apply",
        "nothing to declare",
    ]


async def test_an_older_version_may_start_again_beside_the_schema_of_a_newer_one(
    environment: dict[str, str], run_probe: RunProbe
) -> None:
    await run_probe(environment, "prepare")
    await execute(environment["PROBE_DATABASE_URL"], NEWER)

    assert (await run_probe(environment, "prepare"))[0] == 0
    assert (await run_probe(environment, "migrate"))[0] == 1


async def test_a_schema_that_nobody_made_is_told_of(
    environment: dict[str, str], hear_probe: RunProbe
) -> None:
    del environment["LEADWIRE_ADMIN_DATABASE_URL"]

    code, told = await hear_probe(environment, "prepare")

    assert code == 1
    assert "the schema probe_svc does not exist" in told


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
