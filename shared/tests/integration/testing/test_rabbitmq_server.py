"""The RabbitMQ servers that tests stand on."""

import asyncio
import os
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import aio_pika
import pytest
from yarl import URL

from leadwire.testing import eventually
from leadwire.testing.rabbitmq import (
    GivenRabbitMQ,
    PrivateRabbitMQ,
    RabbitMQNotAvailableError,
    RabbitMQNotOursError,
    RabbitMQServer,
    Vhost,
    new_rabbitmq_server,
)

INSTALLER = Path(__file__).parents[4] / "tools" / "install-rabbitmq"


async def declare_queue(url: str, name: str, *, passive: bool = False) -> int:
    """Declare a durable queue and return how many messages it holds."""
    async with await aio_pika.connect(url, timeout=10) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(
            name, durable=True, passive=passive, arguments={"x-queue-type": "quorum"}
        )
        return queue.declaration_result.message_count or 0


async def publish(url: str, queue: str) -> None:
    async with await aio_pika.connect(url, timeout=10) as connection:
        channel = await connection.channel()
        await channel.default_exchange.publish(aio_pika.Message(b"kept"), routing_key=queue)


@pytest.mark.fault
async def test_private_servers_live_side_by_side_and_leave_nothing_behind(
    private_rabbitmq: RabbitMQServer, tmp_path: Path
) -> None:
    other = PrivateRabbitMQ(data_dir=tmp_path / "other")
    await other.start()
    try:
        assert URL(other.url).port != URL(private_rabbitmq.url).port
        await declare_queue(other.url, "only-here")
        listed = await asyncio.gather(
            *(server.ctl("list_queues", "name") for server in (other, private_rabbitmq))
        )
        assert ["only-here" in queues for queues in listed] == [True, False]
    finally:
        await other.close()
    assert not (tmp_path / "other").exists()
    # Erlang's helpers end when they notice that it has ended.
    await eventually(lambda: _processes_with(str(tmp_path)) == [])
    # Its end did not touch the other one.
    await private_rabbitmq.ctl("status")


@pytest.mark.fault
async def test_what_is_durable_survives_a_restart(private_rabbitmq: RabbitMQServer) -> None:
    vhost = Vhost(server=private_rabbitmq)
    await vhost.create()
    await declare_queue(vhost.url, "durable")
    await publish(vhost.url, "durable")
    await private_rabbitmq.restart()

    async def is_kept() -> bool:
        return await declare_queue(vhost.url, "durable", passive=True) == 1

    # A queue whose leader does not answer at once says that it is empty.
    await eventually(is_kept)
    await vhost.delete()


@pytest.mark.fault
async def test_a_stopped_server_refuses_and_is_the_same_after_start(
    private_rabbitmq: RabbitMQServer,
) -> None:
    await private_rabbitmq.stop()
    await private_rabbitmq.stop()
    url = URL(private_rabbitmq.url)
    with pytest.raises(OSError, match=r"."):
        await asyncio.open_connection(url.host, url.port)
    await private_rabbitmq.start()
    await private_rabbitmq.start()
    assert str(url) == private_rabbitmq.url
    await (await aio_pika.connect(private_rabbitmq.url, timeout=10)).close()


async def test_a_command_that_fails_says_why(private_rabbitmq: RabbitMQServer) -> None:
    with pytest.raises(RabbitMQNotAvailableError, match="no_such_queue"):
        await private_rabbitmq.ctl("delete_queue", "no_such_queue")


async def test_virtual_hosts_do_not_see_each_other(
    rabbitmq_server: RabbitMQServer, rabbitmq_vhost: str
) -> None:
    if rabbitmq_server.management_url is None:
        assert "namespace=" in rabbitmq_vhost
        return
    await declare_queue(rabbitmq_vhost, "mine")
    other = Vhost(server=rabbitmq_server)
    await other.create()
    with pytest.raises(aio_pika.exceptions.ChannelNotFoundEntity):
        await declare_queue(other.url, "mine", passive=True)
    await other.delete()
    with pytest.raises(aio_pika.exceptions.AMQPError):
        await aio_pika.connect(other.url, timeout=10)


async def test_a_given_server_is_used_and_never_controlled(
    rabbitmq_server: RabbitMQServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TEST_AMQP_URL", rabbitmq_server.url)
    monkeypatch.delenv("TEST_AMQP_MANAGEMENT_URL", raising=False)
    given = new_rabbitmq_server(tmp_path)
    assert isinstance(given, GivenRabbitMQ)
    await given.start()
    actions: list[Callable[[], Awaitable[object]]] = [given.restart, lambda: given.ctl("stop_app")]
    for action in actions:
        with pytest.raises(RabbitMQNotOursError):
            await action()
    await given.stop()
    await given.close()
    # Without its management API a namespace takes the place of a virtual host.
    vhost = Vhost(server=given)
    await vhost.create()
    assert URL(vhost.url).query["namespace"] == vhost.name
    await vhost.delete()
    await (await aio_pika.connect(given.url, timeout=10)).close()


def test_nothing_is_installed_where_a_server_is_given() -> None:
    answer = _install(TEST_AMQP_URL="amqp://somewhere")
    assert (answer.returncode, "TEST_AMQP_URL is set" in answer.stderr) == (0, True)


def _install(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(INSTALLER)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _processes_with(text: str) -> list[str]:
    """Return the processes that have the text in their environment or command."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            seen = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if text.encode() in seen:
            found.append(process.name)
    return found
