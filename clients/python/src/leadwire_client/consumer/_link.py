"""A connection that is opened when it is needed, and again after it was lost.

Not aio-pika's own "robust" connection: that declares again what was declared, and a queue with
other arguments then closes the whole connection, time after time; and its channel can stay
closed for good when a server that restarts accepts connections before it is ready.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Coroutine
from typing import Any, Final, TypeVar

import aio_pika
import aiormq
from aio_pika.abc import AbstractChannel, AbstractConnection
from pamqp.common import FieldTable
from yarl import URL

from leadwire_client.errors import ConsumerError, LeadwireError

HEARTBEAT: Final = 20
"""Seconds. Work that holds up the event loop starves heartbeats: the server gives up after two."""

CALL_WITHIN: Final = 10.0
_CLOSE_WITHIN: Final = 5.0

T = TypeVar("T")

REFUSED: Final = (
    aiormq.exceptions.ChannelAccessRefused,
    aiormq.exceptions.ChannelLockedResource,
    aiormq.exceptions.ChannelNotFoundEntity,
    aiormq.exceptions.ChannelPreconditionFailed,
)
"""What the server refuses; the channel is closed then."""

GONE: Final = (
    OSError,  # TimeoutError is one too
    RuntimeError,  # what aio-pika calls a connection that was closed meanwhile
    aiormq.exceptions.AMQPError,
    aiormq.exceptions.ChannelInvalidStateError,
)
"""What is raised when a connection or channel is gone or does not answer."""


class LostError(LeadwireError):
    """A connection or channel is gone, or does not answer; another may do."""

    code = "broker_unavailable"


async def call(work: Coroutine[Any, Any, T], *, within: float = CALL_WITHIN) -> T:
    """Await a request to the server, for a bounded time.

    Raises:
        LostError: No answer in time, or the connection or channel was lost.
        aiormq.exceptions.AMQPChannelError: The server refused; one of `REFUSED`.
    """

    async def bounded() -> T:
        async with asyncio.timeout(within):
            return await work

    # aio-pika cancels its own tasks when a channel closes. `gather` tells such a cancellation,
    # which is a failure, from one of the caller.
    try:
        [result] = await asyncio.gather(bounded(), return_exceptions=True)
    finally:
        work.close()
    if not isinstance(result, BaseException):
        return result
    # To whom waits on a connection that ended without a word, it raises a bare Exception.
    lost = isinstance(result, (*GONE, asyncio.CancelledError)) or type(result) is Exception
    if lost and not isinstance(result, REFUSED):
        raise LostError(f"{type(result).__name__}: {result}") from result
    raise result


class Link:
    """One connection at a time, made on demand.

    Publishing and consuming have a link each: an alarm of the server blocks connections that
    publish, and what is blocked takes no acknowledgements either.

    Args:
        url: Address of the server, with credentials.
        name: Of the connection, as the server's operators see it.

    Raises:
        ConsumerError: The address is none.
    """

    def __init__(self, *, url: str, name: str) -> None:
        self._url = _parse(url)
        self._name = name
        self._connection: AbstractConnection | None = None
        self._opening = asyncio.Lock()
        self._goodbyes: set[asyncio.Task[None]] = set()

    async def channel(self) -> AbstractChannel:
        """Open a channel, with confirms, and with returned messages as errors.

        Raises:
            ConsumerError: The server refused the login.
            LostError: The server does not answer.
        """
        connection = await self._get()
        # Without `on_return_raises` a returned message would count as confirmed.
        channel = connection.channel(publisher_confirms=True, on_return_raises=True)
        try:
            await call(awaited(channel.initialize()))
        except LostError:
            self.discard()
            raise
        return channel

    async def unblocked(self) -> None:
        """Return when the server takes publications; it says so when an alarm stops it.

        A blocked connection is waited for, not replaced: each new one would take one message
        more into a server that is short of memory before it is blocked, too.

        Raises:
            LostError: It has not for a while.
        """
        connection = await self._get()
        if connection.transport is not None:
            await call(awaited(connection.transport.ready()))

    def discard(self) -> None:
        """Give up the connection: it is no longer to be trusted."""
        connection, self._connection = self._connection, None
        if connection is not None:
            # In the background: nobody should wait for a server that may not answer.
            goodbye = asyncio.create_task(_close(connection), name=f"close {self._name}")
            self._goodbyes.add(goodbye)
            goodbye.add_done_callback(self._goodbyes.discard)

    async def close(self) -> None:
        """Say goodbye, for a bounded time."""
        self.discard()
        if self._goodbyes:
            await asyncio.wait(self._goodbyes)

    async def _get(self) -> AbstractConnection:
        async with self._opening:
            # `is_closed` stays false when a connection is lost.
            if self._connection is not None and self._connection.connected.is_set():
                return self._connection
            self.discard()
            properties: FieldTable = {"connection_name": self._name}
            try:
                connection = await call(aio_pika.connect(self._url, client_properties=properties))
            except LostError as error:
                if isinstance(error.__cause__, aiormq.exceptions.ProbableAuthenticationError):
                    raise ConsumerError("RabbitMQ refused the user or the password") from error
                raise
            self._connection = connection
            return connection


async def close_channel(channel: AbstractChannel) -> None:
    """Close a channel for a bounded time, whatever state it is in."""
    try:
        if not channel.is_closed:
            await call(awaited(channel.close()), within=_CLOSE_WITHIN)
    except (LostError, *REFUSED):
        pass  # it is gone then, too


async def _close(connection: AbstractConnection) -> None:
    with contextlib.suppress(LostError):
        await call(awaited(connection.close()), within=_CLOSE_WITHIN)


async def awaited(work: Awaitable[object]) -> None:
    """Make a coroutine for `call` of what is only awaitable."""
    await work


def _parse(url: str) -> URL:
    # No message shows the address: it may bear a password.
    try:
        parsed = URL(url)
    except ValueError:
        raise ConsumerError("the address of RabbitMQ is not a URL") from None
    if parsed.scheme not in {"amqp", "amqps"} or not parsed.host:
        raise ConsumerError("an address of RabbitMQ is like amqp://user:password@host/vhost")
    return parsed if "heartbeat" in parsed.query else parsed.update_query(heartbeat=HEARTBEAT)
