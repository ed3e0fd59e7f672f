import asyncio

import pytest

from leadwire.broker import (
    BrokerConfigurationError,
    BrokerUnavailableError,
    Message,
    Unknown,
    broker_from_url,
)
from leadwire.broker.rabbitmq import RabbitMQBroker
from leadwire.db.embedded.ports import free_port

SECRET = "s3cret"


@pytest.mark.parametrize("scheme", ["amqp", "amqps"])
async def test_both_schemes_lead_to_rabbitmq(scheme: str) -> None:
    broker = broker_from_url(f"{scheme}://user:{SECRET}@localhost/", name="test")
    assert isinstance(broker, RabbitMQBroker)
    assert broker.capabilities.durable
    assert broker.capabilities.detects_unroutable


@pytest.mark.parametrize(
    "url",
    [
        f"http://user:{SECRET}@localhost",
        f"amqp://user:{SECRET}@/vhost",
        f"amqp://user:{SECRET}@host:port/",
        f"amqp://user:{SECRET}@localhost/?namespace=no.dots",
        f"amqp://user:{SECRET}@localhost/?namespace=",
        f"amqp://user:{SECRET}@localhost/?management=ftp://{SECRET}@host",
    ],
)
async def test_a_wrong_address_is_refused_without_showing_the_password(url: str) -> None:
    with pytest.raises(BrokerConfigurationError) as caught:
        RabbitMQBroker.from_url(url, name="test")
    assert SECRET not in str(caught.value)


async def test_a_server_that_is_not_there_is_reported_without_showing_the_password() -> None:
    url = f"amqp://user:{SECRET}@127.0.0.1:{free_port()}/"
    broker = RabbitMQBroker(url=url, name="test", publish_timeout=5.0)
    with pytest.raises(BrokerUnavailableError) as caught:
        await broker.start()
    assert SECRET not in str(caught.value)
    with pytest.raises(BrokerUnavailableError):
        await broker.check()
    [outcome] = await broker.publish([Message(id="1", type="t", body=b"{}")])
    assert isinstance(outcome, Unknown)
    await broker.stop()


async def test_a_server_that_says_nothing_is_given_up_in_time() -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    broker = RabbitMQBroker(
        url=f"amqp://user:{SECRET}@127.0.0.1:{port}/", name="test", publish_timeout=0.3
    )
    async with server, asyncio.timeout(5):
        [outcome] = await broker.publish([Message(id="1", type="t", body=b"{}")])
        assert isinstance(outcome, Unknown)
        await broker.stop()


async def test_a_client_that_was_never_started_is_stopped_without_harm() -> None:
    broker = RabbitMQBroker.from_url("amqp://localhost", name="test")
    await asyncio.gather(broker.stop(), broker.stop())
    await broker.stop()
