"""A connection that is opened when it is needed, and again after it was lost.

The client's own reconnecting is not used: it hides losses from those who must know of them, and
sends what it has kept meanwhile after what was published since. A connection here lives once.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import nats.errors
import nats.js.errors
import structlog
from nats.aio.client import Client
from nats.aio.transport import TcpTransport
from nats.js import JetStreamContext

from leadwire.broker import BrokerRefusedError, BrokerUnavailableError

log = structlog.get_logger(__name__)

CONNECT_WITHIN: Final = 10.0
CALL_WITHIN: Final = 5.0
_CLOSE_WITHIN: Final = 2.0

_PING_EVERY: Final = 5
"""Seconds; a server that answers to two of them nothing is taken for gone."""

_REFUSALS: Final = (
    "authorization violation",
    "authentication",
    "permissions violation",
    "secure connection",
    "certificate",
)
"""In what the server or TLS says, what will not pass by itself."""

_NOT_ENABLED: Final = (10035, 10039)

GONE: Final = (OSError, nats.errors.Error)
"""What the client raises when a connection is gone, or the server does not answer or refuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the servers are, and who asks.

    Attributes:
        servers: Like `nats://host:4222`, without credentials; several of one cluster.
        user: Name of the user, if there is one.
        password: Their password.
        token: The token, where the server wants one instead of a user.
        secure: Whether to speak with a server that offers TLS only.
    """

    servers: tuple[str, ...]
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    secure: bool = False


class Connection(Client):
    """A connection that knows when it is lost, and that can be cut without a goodbye.

    Args:
        secure: Whether nothing is told to a server that does not offer TLS.
        on_lost: Called once when it is closed or lost.
    """

    def __init__(self, *, secure: bool, on_lost: Callable[[], None] | None = None) -> None:
        super().__init__()
        self._secure = secure
        self._on_lost = on_lost
        self.said: list[str] = []
        self.lost = asyncio.Event()
        self.js: JetStreamContext = self.jetstream(timeout=CALL_WITHIN)

    async def open(self, address: Address, *, name: str) -> None:
        """Connect, in one attempt of bounded length.

        Raises:
            BrokerRefusedError: The server refused the user, or has no TLS or JetStream.
            BrokerUnavailableError: It did not answer in time.
        """
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                await self.connect(
                    list(address.servers),
                    name=name,
                    user=address.user,
                    password=address.password,
                    token=address.token,
                    tls=ssl.create_default_context() if address.secure else None,
                    allow_reconnect=False,
                    max_reconnect_attempts=1,
                    reconnect_time_wait=0,
                    ping_interval=_PING_EVERY,
                    error_cb=self._note,
                )
        except GONE as error:
            self.cut()
            said = "; ".join(dict.fromkeys((*self.said, describe(error))))
            if any(word in said.lower() for word in _REFUSALS):
                raise BrokerRefusedError(
                    f"NATS refused the user or the connection: {said}"
                ) from error
            raise BrokerUnavailableError(f"NATS: {said}") from error
        except BaseException:
            self.cut()
            raise

    async def ask(self, subject: str, question: dict[str, object]) -> dict[str, Any]:
        """Return JetStream's answer to a request that the client has no method for."""
        answer = await self.request(subject, json.dumps(question).encode(), timeout=CALL_WITHIN)
        read: dict[str, Any] = json.loads(answer.data)
        if "error" in read:
            raise nats.js.errors.APIError(**read["error"])
        return read

    async def leave(self) -> None:
        """Say goodbye, for a bounded time; never raises."""
        await self.close()
        self.cut()

    def cut(self) -> None:
        """Drop the TCP connection now. A goodbye to a server that does not read hangs."""
        wire = self._transport
        # The client has no way to do it.
        writer = wire._bare_io_writer if isinstance(wire, TcpTransport) else None  # noqa: SLF001
        if writer is not None:
            writer.transport.abort()
        self._tell()

    def _connect_command(self) -> bytes:
        # The client would tell the password to a server that offers no TLS.
        if self._secure and not self._server_info.get("tls_required"):
            raise nats.errors.SecureConnWantedError
        command: bytes = super()._connect_command()
        return command

    async def _note(self, error: Exception) -> None:
        self.said = [*self.said[-2:], describe(error)]

    async def _close(self, status: int, do_cbs: bool = True) -> None:  # noqa: FBT001, FBT002
        # Every end comes by here. The client would first write what it holds, wait for a server
        # that may not read, and leave everything as it is when that fails.
        self._tell()
        try:
            async with asyncio.timeout(_CLOSE_WITHIN):
                await super()._close(status, do_cbs)
        except GONE as error:
            log.debug("broker_goodbye_failed", reason=describe(error))
        finally:
            self.cut()

    def _tell(self) -> None:
        if not self.lost.is_set():
            self.lost.set()
            # The client would let them wait until their time is up.
            for waiting in list(self._resp_map.values()):
                if not waiting.done():
                    waiting.set_exception(nats.errors.ConnectionClosedError())
            if self._on_lost is not None:
                self._on_lost()


class Link:
    """One connection at a time, made on demand.

    Args:
        address: Where to.
        name: Name of the connection, as operators see it.
    """

    def __init__(self, *, address: Address, name: str) -> None:
        self._address = address
        self._name = name
        self._connection: Connection | None = None
        self._lock = asyncio.Lock()
        self._closed = False

    async def get(self) -> Connection:
        """Return the connection; make a new one if there is none or it was lost.

        Raises:
            BrokerRefusedError: The server refused.
            BrokerUnavailableError: The server does not answer, or the link is closed.
        """
        async with self._lock:
            if self._closed:
                raise BrokerUnavailableError("NATS: the client is stopped")
            if self._connection is None or self._connection.lost.is_set():
                self._connection = await connect(self._address, name=self._name)
                log.info("broker_connected", connection=self._name)
            return self._connection

    def discard(self, connection: Connection) -> None:
        """Cut a connection that is no longer to be trusted; the next `get` makes another."""
        connection.cut()

    def abort(self) -> None:
        """Cut the connection, and connect no more."""
        self._closed = True
        if self._connection is not None:
            self._connection.cut()

    async def close(self) -> None:
        """Say goodbye, for a bounded time, and connect no more."""
        self._closed = True
        async with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            await connection.leave()


async def connect(
    address: Address, *, name: str, on_lost: Callable[[], None] | None = None
) -> Connection:
    """Return a connection that is open; see `Connection.open`."""
    connection = Connection(secure=address.secure, on_lost=on_lost)
    await connection.open(address, name=name)
    return connection


@asynccontextmanager
async def unavailable() -> AsyncIterator[None]:
    """Turn what the client raises into what the port promises."""
    try:
        yield
    except nats.js.errors.APIError as error:
        if error.err_code in _NOT_ENABLED or _is_without_jetstream(error):
            said = error.description or "JetStream does not answer"
            raise BrokerRefusedError(
                f"NATS: the server or account has no JetStream: {said}"
            ) from error
        raise BrokerUnavailableError(f"NATS: {describe(error)}") from error
    except GONE as error:
        raise BrokerUnavailableError(f"NATS: {describe(error)}") from error


def _is_without_jetstream(error: nats.js.errors.APIError) -> bool:
    # Nobody listens to the question. A cluster that has no leader just now says that.
    return isinstance(error, nats.js.errors.ServiceUnavailableError) and error.err_code is None


def describe(error: BaseException) -> str:
    """Return an error's kind and text."""
    return f"{type(error).__name__}: {error}".removesuffix(": ")
