"""What stands where a service does, and does to the bytes of HTTP whatever a test says."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self

Script = Callable[["Exchange"], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@dataclass(slots=True)
class Exchange:
    """One request as it came, on a connection of its own.

    Attributes:
        head: Request line and headers.
        reader: Where its body comes from.
        writer: Where its answer goes to.
    """

    head: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def target(self) -> str:
        """Method and path, as they came."""
        return self.head.partition(b" HTTP/")[0].decode()

    def values(self, name: str) -> list[str]:
        """Return the values of a header."""
        lines = (line.partition(":") for line in self.head.decode().split("\r\n")[1:])
        return [value.strip() for key, _, value in lines if key.lower() == name.lower()]

    async def send(self, data: bytes) -> None:
        """Send bytes of an answer."""
        self.writer.write(data)
        await self.writer.drain()


async def answer(exchange: Exchange) -> None:
    """Answer at once, and drop what else comes, as the services do."""
    await exchange.send(OK)
    exchange.writer.write_eof()
    await exchange.reader.read()


@dataclass(slots=True)
class Upstream:
    """A server that records its requests, and answers by a script.

    Attributes:
        script: What it does with the next requests.
        exchanges: What came.
    """

    script: Script = answer
    exchanges: list[Exchange] = field(default_factory=list)
    _server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def targets(self) -> list[str]:
        """Method and path of every request that came."""
        return [exchange.target for exchange in self.exchanges]

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, host, port)
        return self

    async def stop(self) -> None:
        """Refuse connections from now on."""
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            exchange = Exchange(await reader.readuntil(b"\r\n\r\n"), reader, writer)
            self.exchanges.append(exchange)
            await self.script(exchange)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
