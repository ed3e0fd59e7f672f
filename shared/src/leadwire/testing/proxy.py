"""A TCP proxy that makes a network bad: slow, silent, cut or refusing."""

import asyncio
import socket
import struct
from collections.abc import Callable, Coroutine
from typing import Self, TypeAlias

from leadwire.db.embedded.ports import LOOPBACK, free_port

_CHUNK = 64 * 1024
_CHUNKS_UNDER_WAY = 64
_CONNECT_WITHIN = 10.0

_UnderWay: TypeAlias = asyncio.Queue[tuple[float, bytes]]


class TcpProxy:
    """Forwards connections to a server, until told to misbehave.

    Use as an async context manager; clients connect to 127.0.0.1 and `port`.

    Args:
        target_host: Host of the server.
        target_port: Port of the server.

    Attributes:
        host: Where the proxy listens.
        port: Where the proxy listens; stays the same also while it refuses.
        delay: Seconds that each chunk takes in each direction. Order is kept, and a
            change holds for the chunks that come after it.
        hides_ends: Whether either side is left to believe that the other is still there when
            it has closed its connection, as behind the proxies of some container engines.
    """

    def __init__(self, target_host: str, target_port: int) -> None:
        self.host = LOOPBACK
        self.port = 0
        self.delay = 0.0
        self.hides_ends = False
        self._target = (target_host, target_port)
        self._listening: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._open: set[socket.socket] = set()
        self._to_break_off: set[socket.socket] = set()
        self._thawed = asyncio.Event()
        self._thawed.set()

    async def __aenter__(self) -> Self:
        """Begin to listen on a free port."""
        self.port = free_port()
        self.accept()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Drop every connection and listen no more."""
        self.refuse()
        self.cut()
        if self._running:
            await asyncio.wait(self._running, timeout=_CONNECT_WITHIN)

    @property
    def connections(self) -> int:
        """Number of connections that are open through the proxy."""
        return len(self._open) // 2

    def accept(self) -> None:
        """Take new connections (again)."""
        if self._listening is not None:
            return
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((self.host, self.port))
        listening.listen(128)
        listening.settimeout(0)
        self._listening = listening
        self._accepting = self._spawn(self._accept_for_ever(listening), name="accept")

    def refuse(self) -> None:
        """Refuse new connections, as a server that is down does; open ones live on."""
        if self._listening is None or self._accepting is None:
            return
        self._accepting.cancel()
        # Now, not when the cancelled task gets to it: by then the number of this file
        # may be another socket's.
        asyncio.get_running_loop().remove_reader(self._listening)
        self._listening.close()
        self._listening = self._accepting = None

    def cut(self) -> None:
        """Drop every open connection now, with a reset, also in the middle of a message."""
        for opened in list(self._open):
            # Lingering for no time turns the close into a reset.
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        for task in self._running - {self._accepting}:
            task.cancel()

    def break_off(self) -> None:
        """Drop every open connection inside the next chunk that it carries: half of it arrives.

        One that carries nothing meanwhile stays as it is.
        """
        self._to_break_off |= self._open

    def freeze(self) -> None:
        """Forward nothing more, and tell nobody: as a network that swallows everything."""
        self._thawed.clear()

    def thaw(self) -> None:
        """Forward again, beginning with what came meanwhile."""
        self._thawed.set()

    async def _accept_for_ever(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            client, _ = await loop.sock_accept(listening)
            serving = self._spawn(self._serve(client), name="serve")
            # One that is cancelled before its first step closes nothing.
            serving.add_done_callback(_closing(client))

    async def _serve(self, client: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        server = socket.socket()
        for opened in (client, server):
            opened.settimeout(0)
            self._open.add(opened)
        try:
            async with asyncio.timeout(_CONNECT_WITHIN):
                await loop.sock_connect(server, self._target)
            async with asyncio.TaskGroup() as ways:
                for source, target in ((client, server), (server, client)):
                    under_way: _UnderWay = asyncio.Queue(_CHUNKS_UNDER_WAY)
                    ways.create_task(self._read(source, under_way))
                    ways.create_task(self._deliver(under_way, target))
        except* OSError:
            pass  # either side went away: so does the other
        finally:
            for opened in (client, server):
                self._open.discard(opened)
                self._to_break_off.discard(opened)
                opened.close()

    async def _read(self, source: socket.socket, under_way: _UnderWay) -> None:
        """Read on while earlier chunks are under way, up to the bound of the queue."""
        loop = asyncio.get_running_loop()
        chunk = b"\0"
        while chunk:
            chunk = await loop.sock_recv(source, _CHUNK)
            await under_way.put((loop.time() + self.delay, chunk))

    async def _deliver(self, under_way: _UnderWay, target: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, chunk = await under_way.get()
            await asyncio.sleep(max(due - loop.time(), 0))
            await self._thawed.wait()
            if chunk and target in self._to_break_off:
                await loop.sock_sendall(target, chunk[: len(chunk) // 2])
                raise ConnectionAbortedError
            if not chunk and self.hides_ends:
                return
            if not chunk:
                target.shutdown(socket.SHUT_WR)
                return
            await loop.sock_sendall(target, chunk)

    def _spawn(self, work: Coroutine[None, None, None], *, name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=f"proxy {self.port} {name}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task


def _closing(accepted: socket.socket) -> Callable[[object], None]:
    return lambda _: accepted.close()
