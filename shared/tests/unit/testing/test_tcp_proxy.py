import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from leadwire.testing import TcpProxy, eventually

WITHIN = 30.0
"""Seconds for what must come."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@pytest.fixture
async def proxy() -> AsyncIterator[TcpProxy]:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, TcpProxy("127.0.0.1", server.sockets[0].getsockname()[1]) as proxy:
        yield proxy


async def connect(proxy: TcpProxy) -> Streams:
    return await asyncio.open_connection(proxy.host, proxy.port)


async def say(streams: Streams, text: bytes, *, within: float = WITHIN) -> bytes:
    reader, writer = streams
    writer.write(text)
    return await asyncio.wait_for(reader.readexactly(len(text)), within)


async def hang_up(streams: Streams) -> None:
    streams[1].close()
    try:
        await streams[1].wait_closed()
    except ConnectionError:
        return


async def test_forwards_both_ways(proxy: TcpProxy) -> None:
    streams = await connect(proxy)
    text = bytes(range(256)) * 4096

    assert await say(streams, text) == text

    await hang_up(streams)
    await eventually(lambda: proxy.connections == 0)


async def test_passes_the_end_of_a_stream_on(proxy: TcpProxy) -> None:
    reader, writer = await connect(proxy)
    writer.write(b"last words")
    writer.write_eof()

    assert await asyncio.wait_for(reader.read(), WITHIN) == b"last words"

    await hang_up((reader, writer))


async def test_delays_each_way(proxy: TcpProxy) -> None:
    streams = await connect(proxy)
    proxy.delay = 0.1

    begun = time.monotonic()
    await say(streams, b"slow")

    assert time.monotonic() - begun >= 0.2
    await hang_up(streams)


async def test_cut_resets_open_connections_and_takes_new_ones(proxy: TcpProxy) -> None:
    streams = await connect(proxy)
    await say(streams, b"hello")

    proxy.cut()

    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(streams[0].read(), WITHIN)
    again = await connect(proxy)
    assert await say(again, b"back") == b"back"
    await hang_up(streams)
    await hang_up(again)


async def test_refuses_like_a_server_that_is_down_until_it_accepts_again(proxy: TcpProxy) -> None:
    before = await connect(proxy)
    await say(before, b"hello")
    port = proxy.port

    proxy.refuse()
    proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        await connect(proxy)
    assert await say(before, b"still here") == b"still here"
    proxy.accept()
    proxy.accept()

    after = await connect(proxy)
    assert await say(after, b"back") == b"back"
    assert proxy.port == port
    await hang_up(before)
    await hang_up(after)


async def test_freezes_without_a_word_and_loses_nothing(proxy: TcpProxy) -> None:
    streams = await connect(proxy)
    await say(streams, b"hello")

    proxy.freeze()
    with pytest.raises(TimeoutError):
        await say(streams, b"frozen", within=0.2)
    proxy.thaw()

    assert await asyncio.wait_for(streams[0].readexactly(6), WITHIN) == b"frozen"
    await hang_up(streams)


async def test_closes_the_client_when_the_server_is_not_there() -> None:
    gone = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = gone.sockets[0].getsockname()[1]
    gone.close()
    await gone.wait_closed()

    async with TcpProxy("127.0.0.1", port) as proxy:
        reader, writer = await connect(proxy)
        assert await asyncio.wait_for(reader.read(), WITHIN) == b""
        await hang_up((reader, writer))


async def test_breaks_off_inside_the_next_chunk_and_serves_whoever_comes_then(
    proxy: TcpProxy,
) -> None:
    received = bytearray()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.extend(await reader.read(-1))
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    async with server, TcpProxy("127.0.0.1", server.sockets[0].getsockname()[1]) as into_taker:
        streams = await connect(into_taker)
        await eventually(lambda: into_taker.connections == 1)
        into_taker.break_off()
        streams[1].write(b"half of this")
        await eventually(lambda: received == b"half o")
        await eventually(lambda: into_taker.connections == 0)
        await hang_up(streams)

    streams = await connect(proxy)
    await say(streams, b"hello")
    proxy.break_off()
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await say(streams, b"goodbye")
    await hang_up(streams)
    streams = await connect(proxy)
    assert await say(streams, b"hello again") == b"hello again"
    await hang_up(streams)
