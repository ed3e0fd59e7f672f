"""A connection that is opened when it is needed, and again after it was lost.

The client's own "robust" connection is not used: it declares again what was declared,
and a redeclaration with other arguments closes the whole connection, time after time;
and it hides losses from those who must know of them.
"""

import asyncio
import socket
from collections.abc import Awaitable, Coroutine
from typing import Any, Final, TypeVar

import aio_pika
import aiormq
import structlog
from aiormq.connection import TCPTransportFactory, TLSTransportFactory, TransportFactory
from pamqp import commands
from yarl import URL

from leadwire.broker.errors import BrokerRefusedError, BrokerUnavailableError

log = structlog.get_logger(__name__)

HEARTBEAT: Final = 20
"""Seconds. CPU work in the loop starves heartbeats: the server gives up after two."""

CONNECT_WITHIN: Final = 10.0
CALL_WITHIN: Final = 10.0
_CLOSE_WITHIN: Final = 5.0
_TCP_USER_TIMEOUT_MS: Final = 20_000

_NOT_ALLOWED: Final = 530

# The server may answer this request by closing the connection. The client takes only what stands
# here for an answer; of anything else it tells the frame's kind, and loses the reason.
commands.Connection.Open.valid_responses.append(commands.Connection.Close.name)

_T = TypeVar("_T")

GONE = (
    OSError,  # TimeoutError is one too
    aiormq.exceptions.AMQPError,
    aiormq.exceptions.ChannelInvalidStateError,
)
"""What the client raises when a connection or channel is gone or does not answer."""


REFUSED = (
    aiormq.exceptions.ChannelAccessRefused,
    aiormq.exceptions.ChannelLockedResource,
    aiormq.exceptions.ChannelNotFoundEntity,
    aiormq.exceptions.ChannelPreconditionFailed,
)
"""What the client raises when the server refuses a request; the channel is closed then."""


async def call(work: Coroutine[Any, Any, _T], *, within: float = CALL_WITHIN) -> _T:
    """Await a request to the server, for a bounded time.

    Raises:
        BrokerUnavailableError: No answer in time, or the connection or channel was lost.
        aiormq.exceptions.AMQPChannelError: The server refused; one of `REFUSED`.
    """

    async def bounded() -> _T:
        async with asyncio.timeout(within):
            return await work

    # The client cancels its own tasks when a channel closes. `gather` tells such a
    # cancellation, which is a failure, from one of the caller.
    try:
        [result] = await asyncio.gather(bounded(), return_exceptions=True)
    finally:
        # A caller whose time was up already cancels before the work has begun.
        work.close()
    if not isinstance(result, BaseException):
        return result
    if is_loss(result) and not isinstance(result, REFUSED):
        raise BrokerUnavailableError(f"RabbitMQ: {describe(result)}") from result
    raise result


def is_loss(error: BaseException) -> bool:
    """Tell whether a request failed with its connection or channel, or for want of an answer."""
    # The client cancels its own tasks when a channel closes. To whom waits for an answer on a
    # connection that ended without a word, it raises a bare Exception.
    return isinstance(error, (*GONE, asyncio.CancelledError)) or type(error) is Exception


def describe(error: BaseException) -> str:
    """Return an error's kind and text."""
    return f"{type(error).__name__}: {error}".removesuffix(": ")


class _Wire(TransportFactory):
    """Makes the TCP connection, and keeps it within reach so that it can be cut."""

    def __init__(self, *, tls: bool) -> None:
        self._inner = TLSTransportFactory() if tls else TCPTransportFactory()
        self._transport: asyncio.WriteTransport | None = None

    # The client passes its TLS settings on as keywords.
    async def create(
        self,
        url: URL,
        **kwargs: Any,
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await self._inner.create(url, **kwargs)
        self._transport = writer.transport
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            # A peer that vanished is noticed by what we write, not in quarters of an hour.
            writer.get_extra_info("socket").setsockopt(
                socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _TCP_USER_TIMEOUT_MS
            )
        return reader, writer

    def cut(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class LinkConnection(aio_pika.Connection):
    """A connection that knows whether it is up, and that can be cut without a goodbye."""

    def __init__(self, url: URL, *, name: str) -> None:
        super().__init__(url, client_properties={"connection_name": name})
        self._wire = _Wire(tls=url.scheme == "amqps")
        self.kwargs["transport_factory"] = self._wire

    @property
    def is_up(self) -> bool:
        """Whether it is connected: `is_closed` stays false when a connection is lost."""
        return self.connected.is_set()

    async def unblocked(self) -> None:
        """Return when the server takes publications; it tells us when an alarm stops it."""
        if self.transport is not None:
            await self.transport.ready()

    def cut(self) -> None:
        """Drop the TCP connection now. A goodbye to a server that does not read hangs."""
        self._wire.cut()


class Link:
    """One connection at a time, made on demand.

    Publishing and consuming have a link each: an alarm blocks connections that publish,
    and what is blocked takes no acknowledgements either.

    Args:
        url: Address of the server, with credentials.
        name: Name of the connection, as operators see it.
    """

    def __init__(self, *, url: URL, name: str) -> None:
        self._url = url if "heartbeat" in url.query else url.update_query(heartbeat=HEARTBEAT)
        self._name = name
        self._connection: LinkConnection | None = None
        self._lock = asyncio.Lock()
        self._closed = False
        self._farewells: set[asyncio.Task[None]] = set()

    async def get(self) -> LinkConnection:
        """Return the connection; make a new one if there is none or it was lost.

        Raises:
            BrokerRefusedError: The server refused the user, or the virtual host.
            BrokerUnavailableError: The server does not answer, or the link is closed.
        """
        async with self._lock:
            if self._connection is not None and self._connection.is_up:
                return self._connection
            if self._closed:
                raise BrokerUnavailableError("RabbitMQ: the client is stopped")
            self._forget()
            connection = LinkConnection(self._url, name=self._name)
            try:
                await self._connect(connection)
            except BaseException:
                connection.cut()
                self._bid_farewell(connection)
                raise
            self._connection = connection
            log.info("broker_connected", connection=self._name)
            return connection

    async def channel(
        self, *, connection: LinkConnection | None = None
    ) -> aio_pika.abc.AbstractChannel:
        """Open a channel, with confirms and with returned messages as errors.

        Raises:
            BrokerUnavailableError: The server does not answer.
        """
        return await call(_open_channel(connection or await self.get()))

    async def _connect(self, connection: LinkConnection) -> None:
        try:
            await call(connection.connect(), within=CONNECT_WITHIN)
        except BrokerUnavailableError as error:
            if (refusal := _refusal(error.__cause__, self._url)) is None:
                raise
            raise BrokerRefusedError(f"RabbitMQ {refusal}") from error

    def discard(self, connection: LinkConnection) -> None:
        """Cut a connection that is no longer to be trusted; the next `get` makes another."""
        connection.cut()
        if connection is self._connection:
            self._forget()

    async def close(self) -> None:
        """Say goodbye, for a bounded time, and connect no more."""
        self._closed = True
        async with self._lock:
            self._forget()
        if self._farewells:
            await asyncio.wait(self._farewells)

    def _forget(self) -> None:
        if self._connection is not None:
            self._bid_farewell(self._connection)
            self._connection = None

    def _bid_farewell(self, connection: LinkConnection) -> None:
        # In the background: nobody should wait for a server that may not answer.
        task = asyncio.create_task(_close(connection), name=f"close {self._name}")
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)


def _refusal(error: BaseException | None, url: URL) -> str | None:
    """Tell what a failure to connect says that the server refused; None if nothing."""
    if isinstance(error, aiormq.exceptions.ProbableAuthenticationError):
        return f"refused the user {url.user} or the password: {error}"
    if isinstance(error, aiormq.exceptions.ConnectionClosed) and _is_final(*error.args):
        return (
            f"refused the virtual host {url.path[1:] or '/'} to the user {url.user}: the host must "
            f"exist, and the user needs permissions in it: {error.args[1]}"
        )
    return None


def _is_final(code: int, text: str) -> bool:
    """Tell whether the reason for which the server closed a connection lasts until it is mended.

    A host that is down comes up with its node, and a limit lasts while others are connected; the
    server has the same code for a limit and for a host that is not there.
    """
    return code == _NOT_ALLOWED and not text.endswith("is reached")


async def _open_channel(connection: LinkConnection) -> aio_pika.abc.AbstractChannel:
    try:
        # Without `on_return_raises` a returned message would count as confirmed.
        channel = connection.channel(publisher_confirms=True, on_return_raises=True)
        await channel.initialize()
    except RuntimeError as error:
        # Here the client has no better name for a connection that was closed meanwhile.
        if type(error) is not RuntimeError:
            raise
        raise aiormq.exceptions.ChannelInvalidStateError(str(error)) from error
    return channel


async def _close(connection: LinkConnection) -> None:
    try:
        await call(connection.close(), within=_CLOSE_WITHIN)
    except BrokerUnavailableError as error:
        log.debug("broker_goodbye_failed", reason=str(error))
    finally:
        connection.cut()


async def close_channel(channel: aio_pika.abc.AbstractChannel) -> None:
    """Close a channel for a bounded time, whatever state it is in."""
    try:
        if not channel.is_closed:
            await call(_as_coroutine(channel.close()), within=_CLOSE_WITHIN)
    except (BrokerUnavailableError, *REFUSED) as error:
        log.debug("channel_close_failed", reason=describe(error))


async def _as_coroutine(work: Awaitable[object]) -> None:
    await work
