"""Fixtures that give tests a RabbitMQ; imported by the plugin.

Servers are started in the session's event loop but are used from each test's own one:
nothing in them is tied to a loop.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from leadwire.testing.rabbitmq import (
    GivenRabbitMQ,
    RabbitMQServer,
    Vhost,
    new_rabbitmq_server,
    own_rabbitmq_server,
)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def rabbitmq_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[RabbitMQServer]:
    """A running RabbitMQ, shared by all tests: use it through `rabbitmq_vhost`."""
    server = new_rabbitmq_server(tmp_path_factory.mktemp("rabbitmq"))
    await server.start()
    yield server
    await server.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def private_rabbitmq(
    rabbitmq_server: RabbitMQServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RabbitMQServer]:
    """A running RabbitMQ that the tests themselves started: they may stop and alarm it.

    A test leaves it running and without an alarm.
    """
    if not isinstance(rabbitmq_server, GivenRabbitMQ):
        yield rabbitmq_server
        return
    server = own_rabbitmq_server(tmp_path_factory.mktemp("private-rabbitmq"))
    await server.start()
    yield server
    await server.close()


@pytest.fixture
async def rabbitmq_vhost(rabbitmq_server: RabbitMQServer) -> AsyncIterator[str]:
    """The URL of a virtual host that only this test uses."""
    vhost = Vhost(server=rabbitmq_server)
    await vhost.create()
    yield vhost.url
    await vhost.delete()
