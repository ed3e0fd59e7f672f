"""A broker that answers and turns its client away: at once, by name, and without the password."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from leadwire.broker import BrokerRefusedError, broker_from_url
from leadwire.testing.broker_postgres import PostgresHarness
from leadwire.testing.rabbitmq import RabbitMQServer

PASSWORD = "do-not-show-me"


async def refusal(url: str) -> str:
    """Return what is said of a client that is refused."""
    broker = broker_from_url(url, name="refused")
    try:
        with pytest.raises(BrokerRefusedError) as refused:
            await broker.start()
    finally:
        await broker.stop()
    assert PASSWORD not in str(refused.value)
    return str(refused.value)


def as_user(url: str, user: str, *, path: str | None = None) -> str:
    parts = urlsplit(url)
    where = parts.netloc.rpartition("@")[2]
    login = f"{user}:{PASSWORD}@{where}"
    return parts._replace(netloc=login, path=parts.path if path is None else path).geturl()


async def test_postgres_refuses_a_password_or_a_role(postgres: PostgresHarness) -> None:
    owner = urlsplit(postgres.url).username or ""
    for role in (owner, "nobody"):
        said = await refusal(as_user(postgres.url, role))
        assert f"refused the role {role}: " in said


async def test_postgres_has_no_such_database(postgres: PostgresHarness) -> None:
    nowhere = urlsplit(postgres.url)._replace(path="/nowhere").geturl()
    assert 'database "nowhere" does not exist' in await refusal(nowhere)


@pytest.mark.parametrize("parameter", ["no_such_parameter=1", "work_mem=banana", "fsync=off"])
async def test_postgres_refuses_a_parameter(postgres: PostgresHarness, parameter: str) -> None:
    joint = "&" if "?" in postgres.url else "?"
    said = await refusal(f"{postgres.url}{joint}{parameter}")
    assert parameter.partition("=")[0] in said


async def test_rabbitmq_refuses_a_password_or_a_user(private_rabbitmq: RabbitMQServer) -> None:
    known = urlsplit(private_rabbitmq.url).username or ""
    for user in (known, "nobody"):
        said = await refusal(as_user(private_rabbitmq.url, user))
        assert f"refused the user {user} or the password" in said
        assert "ACCESS_REFUSED" in said


@pytest.fixture
async def stranger(private_rabbitmq: RabbitMQServer) -> AsyncIterator[str]:
    """A user that may log in, and has no permissions in any virtual host."""
    await private_rabbitmq.ctl("add_user", "stranger", PASSWORD)
    yield "stranger"
    await private_rabbitmq.ctl("delete_user", "stranger")


async def test_rabbitmq_refuses_a_virtual_host(
    private_rabbitmq: RabbitMQServer, stranger: str
) -> None:
    known = urlsplit(private_rabbitmq.url)
    missing = known._replace(path="/nowhere").geturl()
    assert f"virtual host nowhere to the user {known.username}" in await refusal(missing)
    forbidden = as_user(private_rabbitmq.url, stranger, path="/")
    assert "virtual host / to the user stranger" in await refusal(forbidden)
