"""A broker that answers and turns its client away: at once, by name, and without the password."""

import asyncio
import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from leadwire.broker import BrokerRefusedError, BrokerUnavailableError, broker_from_url
from leadwire.service import components
from leadwire.service.components import PatientBroker
from leadwire.testing import eventually
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
    said = await refusal(missing)
    assert f"virtual host nowhere to the user {known.username}" in said
    assert "vhost nowhere not found" in said
    forbidden = as_user(private_rabbitmq.url, stranger, path="/")
    assert "virtual host / to the user stranger" in await refusal(forbidden)


@pytest.fixture
async def host(private_rabbitmq: RabbitMQServer) -> AsyncIterator[str]:
    """A virtual host that the account may use."""
    user = urlsplit(private_rabbitmq.url).username or ""
    await private_rabbitmq.ctl("add_vhost", "host")
    await private_rabbitmq.ctl("set_permissions", "-p", "host", user, ".*", ".*", ".*")
    yield "host"
    await private_rabbitmq.ctl("delete_vhost", "host")


FULL = ("set_vhost_limits", "-p", "host", '{"max-connections": 0}')
ROOM = ("clear_vhost_limits", "-p", "host")
DOWN = ("eval", 'rabbit_vhost_sup_sup:stop_and_delete_vhost(<<"host">>).')
UP = ("restart_vhost", "-p", "host")


@pytest.mark.parametrize(
    ("close", "open_again", "reason"),
    [
        pytest.param(FULL, ROOM, "connection limit (0) is reached", id="full"),
        pytest.param(DOWN, UP, "vhost 'host' is down", id="down"),
    ],
)
async def test_a_virtual_host_that_admits_nobody_for_now_is_waited_for(
    private_rabbitmq: RabbitMQServer,
    host: str,
    monkeypatch: pytest.MonkeyPatch,
    close: tuple[str, ...],
    open_again: tuple[str, ...],
    reason: str,
) -> None:
    monkeypatch.setattr(components, "_FIRST_WORD_AFTER", 0.2)
    monkeypatch.setattr(components, "_NEXT_WORD_AFTER", 0.2)
    url = urlsplit(private_rabbitmq.url)._replace(path=f"/{host}").geturl()
    # As the commands have it: who is refused for good is told at once.
    broker = PatientBroker(
        broker=broker_from_url(url, name="patient"),
        url=url,
        connect_within=60,
        until_admitted=False,
    )
    await private_rabbitmq.ctl(*close)
    with capture_logs() as said:
        starting = asyncio.create_task(broker.start())
        try:
            await eventually(lambda: starting.done() or reason in str(said), within=30)
            assert not starting.done(), starting
            await private_rabbitmq.ctl(*open_again)
            await starting
        finally:
            starting.cancel()
            await asyncio.wait([starting])
            await broker.stop()
    assert {line["event"] for line in said if "reason" in line} == {"broker_not_there_yet"}


async def test_who_was_not_admitted_to_the_end_says_why(
    private_rabbitmq: RabbitMQServer, host: str
) -> None:
    await private_rabbitmq.ctl(*FULL)
    url = urlsplit(private_rabbitmq.url)._replace(path=f"/{host}").geturl()
    broker = PatientBroker(broker=broker_from_url(url, name="full"), url=url, connect_within=2)
    try:
        with pytest.raises(BrokerUnavailableError, match=re.escape("limit (0) is reached")):
            await broker.start()
    finally:
        await broker.stop()
