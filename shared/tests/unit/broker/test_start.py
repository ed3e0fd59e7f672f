"""Starting a client is one attempt: whoever wants patience has it at one place."""

import asyncio

import pytest

from leadwire.broker import BrokerUnavailableError, broker_from_url


@pytest.mark.parametrize(
    "url", ["amqp://u:p@127.0.0.1:{port}/", "postgresql://u:p@127.0.0.1:{port}/d?sslmode=disable"]
)
async def test_a_start_that_fails_has_tried_once_and_may_be_repeated(url: str) -> None:
    connections = 0

    def turn_away(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        writer.close()

    async with await asyncio.start_server(turn_away, "127.0.0.1", 0) as server:
        broker = broker_from_url(url.format(port=server.sockets[0].getsockname()[1]), name="test")
        for attempts in (1, 2):
            with pytest.raises(BrokerUnavailableError):
                await broker.start()
            assert connections == attempts
        await broker.stop()
