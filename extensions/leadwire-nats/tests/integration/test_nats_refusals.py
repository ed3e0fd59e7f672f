"""A server that turns us away says so at the start, and learns no password that it should not."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nats_server import PrivateNats

from leadwire.broker import BrokerRefusedError, BrokerUnavailableError
from leadwire.db.embedded import free_port
from leadwire_nats import NatsBroker


@pytest.fixture
async def plain(tmp_path: Path) -> AsyncIterator[PrivateNats]:
    """A server without JetStream."""
    server = PrivateNats(data_dir=tmp_path / "plain", jetstream=False)
    await server.start()
    yield server
    await server.close()


async def test_a_wrong_password_is_a_refusal(private_nats: PrivateNats) -> None:
    url = f"nats://leadwire:wrong@127.0.0.1:{private_nats.port}"
    broker = NatsBroker.from_url(url, name="test")
    with pytest.raises(BrokerRefusedError) as refused:
        await broker.start()
    assert "wrong" not in str(refused.value)
    await broker.stop()


async def test_a_server_without_jetstream_is_a_refusal(plain: PrivateNats) -> None:
    broker = NatsBroker.from_url(plain.url, name="test")
    with pytest.raises(BrokerRefusedError, match="JetStream"):
        await broker.start()
    await broker.stop()


async def test_a_server_that_is_not_there_may_come(tmp_path: Path) -> None:
    server = PrivateNats(data_dir=tmp_path / "late")
    broker = NatsBroker.from_url(server.url, name="test")
    with pytest.raises(BrokerUnavailableError):
        await broker.start()
    await server.start()
    try:
        await broker.start()
        await broker.check()
        await broker.stop()
    finally:
        await server.close()


async def test_a_server_without_tls_is_not_told_the_password() -> None:
    told, ended = bytearray(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"server_id":"x","version":"2.9.10","max_payload":1048576}\r\n')
        told.extend(await reader.read())
        writer.close()
        await writer.wait_closed()
        ended.set()

    port = free_port()
    async with await asyncio.start_server(serve, "127.0.0.1", port):
        url = f"nats+tls://user:secret@127.0.0.1:{port}"
        with pytest.raises(BrokerRefusedError):
            await NatsBroker.from_url(url, name="test").start()
        async with asyncio.timeout(10):
            await ended.wait()
    assert told == b""
