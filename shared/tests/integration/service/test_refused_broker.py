"""A broker that answers and refuses is told of as such, with the role and the variable."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest

from leadwire.outbox import OUTBOX_MIGRATIONS
from leadwire.testing import eventually
from leadwire.testing.postgres_databases import FreshDatabase
from leadwire.testing.rabbitmq import RabbitMQServer

if TYPE_CHECKING:
    from shared.tests.integration.service.conftest import StartProbe

MakeServiceDatabase = Callable[..., Awaitable[str]]
RunProbe = Callable[..., Awaitable[tuple[int, str]]]

DOCUMENT = Path(__file__).parents[4] / "docs" / "operations" / "services.md"
SQL_BLOCK = re.compile(r"^```sql\n(.*?)^```", re.MULTILINE | re.DOTALL)
PASSWORD = "do-not-show-me"


class BrokerRole:
    """A role for a broker in the database of a service, to be made by the test.

    Args:
        admin_url: An administrator's URL of that database.
    """

    def __init__(self, admin_url: str) -> None:
        self.name = f"broker_{uuid4().hex[:12]}"
        self._admin_url = admin_url
        parts = urlsplit(admin_url)
        self.database = parts.path.removeprefix("/")
        place = parts.netloc.rpartition("@")[2]
        self.url = parts._replace(netloc=f"{self.name}:{PASSWORD}@{place}").geturl()

    async def administer(self, statements: str) -> None:
        connection = await asyncpg.connect(self._admin_url)
        try:
            await connection.execute(statements)
        finally:
            await connection.close()

    async def make_as_documented(self) -> None:
        [statements] = SQL_BLOCK.findall(DOCUMENT.read_text())
        for printed, ours in (
            ("leadwire_broker", self.name),
            ("DATABASE leadwire", f"DATABASE {self.database}"),
            ("'password'", f"'{PASSWORD}'"),
        ):
            assert printed in statements
            statements = statements.replace(printed, ours)
        await self.administer(statements)

    async def drop(self) -> None:
        await self.administer(
            f"DO $$ BEGIN IF to_regrole('{self.name}') IS NOT NULL "
            f"THEN DROP OWNED BY {self.name} CASCADE; DROP ROLE {self.name}; END IF; END $$"
        )


@pytest.fixture
async def service_url(make_service_database: MakeServiceDatabase) -> str:
    return await make_service_database("probe_svc", [OUTBOX_MIGRATIONS])


@pytest.fixture
async def role(service_url: str, fresh_database: FreshDatabase) -> AsyncIterator[BrokerRole]:
    """A broker's role in the service's database, which does not exist yet."""
    assert service_url
    role = BrokerRole(await fresh_database.admin_url())
    yield role
    await role.drop()


@pytest.mark.parametrize("command", ["topology", "check"])
async def test_a_role_that_may_not_connect_is_told_of_in_a_line(
    hear_probe: RunProbe, service_url: str, role: BrokerRole, command: str
) -> None:
    await role.administer(f"CREATE ROLE {role.name} LOGIN PASSWORD '{PASSWORD}'")

    code, told = await hear_probe(
        {"PROBE_DATABASE_URL": service_url, "LEADWIRE_BROKER_URL": role.url}, command
    )

    assert code == 1
    [line] = [each for each in told.splitlines() if "permission denied for database" in each]
    assert f"refused the role {role.name}" in line
    assert "LEADWIRE_BROKER_URL" in line
    assert PASSWORD not in told


async def test_a_role_that_is_made_as_the_document_says_is_all_that_a_broker_needs(
    run_probe: RunProbe, service_url: str, role: BrokerRole
) -> None:
    environment = {"PROBE_DATABASE_URL": service_url, "LEADWIRE_BROKER_URL": role.url}
    await role.make_as_documented()

    assert await run_probe(environment, "topology") == (
        0,
        "declared the exchange and the subscriptions: probe-svc\n",
    )
    assert (await run_probe(environment, "check"))[0] == 0


async def test_a_role_without_rights_on_the_schema_is_told_of_in_a_line(
    hear_probe: RunProbe, run_probe: RunProbe, service_url: str, role: BrokerRole
) -> None:
    environment = {"PROBE_DATABASE_URL": service_url, "LEADWIRE_BROKER_URL": role.url}
    await role.make_as_documented()
    await run_probe(environment, "topology")
    await role.administer("ALTER SCHEMA broker OWNER TO CURRENT_USER")

    code, told = await hear_probe(environment, "topology")

    assert code == 1
    assert "the schema broker belongs to another role" in told


async def test_a_service_waits_for_a_role_that_is_refused_and_says_what_is_wrong(
    run_probe: RunProbe, start_probe: "StartProbe", service_url: str, role: BrokerRole
) -> None:
    environment = {"PROBE_DATABASE_URL": service_url, "LEADWIRE_BROKER_URL": role.url}
    await role.make_as_documented()
    await run_probe(environment, "topology")
    await role.administer(f"ALTER ROLE {role.name} PASSWORD 'another'")

    service = await start_probe(environment)
    await eventually(lambda: '"broker_refuses"' in service.said(), within=60)
    await role.administer(f"ALTER ROLE {role.name} PASSWORD '{PASSWORD}'")
    await service.url()

    [line, *_] = [each for each in service.said().splitlines() if '"broker_refuses"' in each]
    assert f"refused the role {role.name}: password authentication failed" in line
    assert "LEADWIRE_BROKER_URL" in line
    assert PASSWORD not in service.said()


async def test_a_service_that_is_refused_to_the_end_says_so_last(
    start_probe: "StartProbe", service_url: str, role: BrokerRole
) -> None:
    service = await start_probe(
        {
            "PROBE_DATABASE_URL": service_url,
            "LEADWIRE_BROKER_URL": role.url,
            "LEADWIRE_CONNECT_WITHIN_S": "2",
        }
    )

    assert await service.ended() == 1
    last = service.said().splitlines()[-1]
    assert '"service_failed"' in last
    assert f"refused the role {role.name}" in last
    assert "LEADWIRE_BROKER_URL" in last
    assert "did not answer" not in last


async def test_check_names_a_rabbitmq_user_that_is_refused(
    run_probe: RunProbe, service_url: str, private_rabbitmq: RabbitMQServer
) -> None:
    parts = urlsplit(private_rabbitmq.url)
    wrong = parts._replace(netloc=f"nobody:{PASSWORD}@{parts.hostname}:{parts.port}").geturl()

    code, told = await run_probe(
        {"PROBE_DATABASE_URL": service_url, "LEADWIRE_BROKER_URL": wrong}, "check"
    )

    lines = dict(line.split(": ", 1) for line in told.splitlines())
    assert code == 1
    assert "refused the user nobody" in lines["broker"]
    assert "LEADWIRE_BROKER_URL" in lines["broker"]
    assert PASSWORD not in told


async def test_check_names_the_role_that_the_database_refused(
    run_probe: RunProbe, role: BrokerRole
) -> None:
    code, told = await run_probe(
        {"PROBE_DATABASE_URL": role.url, "LEADWIRE_BROKER_URL": "memory://probe"}, "check"
    )

    lines = dict(line.split(": ", 1) for line in told.splitlines())
    assert code == 1
    assert f"refused the role {role.name} (" in lines["database"]
    assert "probe-svc:check" not in told
    assert PASSWORD not in told
