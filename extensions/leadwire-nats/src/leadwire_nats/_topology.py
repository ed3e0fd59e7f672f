"""What exists on the server for the subscriptions, and whether it fits."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import structlog
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    ConsumerInfo,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import APIError, NotFoundError

from leadwire.broker import BrokerConfigurationError, Subscription, TopologyConflictError
from leadwire_nats._link import Connection
from leadwire_nats._names import CONSUMER, MAX_TOKEN, Names, token

log = structlog.get_logger(__name__)

MOST_PENDING: Final = 20_000
"""Deliveries of a subscription that consumers hold or that wait for another attempt. Beyond,
the server delivers nothing more until some are settled."""

_MOST_QUESTIONS: Final = 512
"""Consumers of a subscription that may wait for a delivery at the same time."""

_OVERLAP: Final = 10065

_ATTEMPTS_FOR: Final = 30 * 24 * 3600.0
"""Seconds for which a number of attempts is kept that nobody deleted or changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """The streams and consumers of a namespace.

    Attributes:
        names: What they are called.
        ack_wait: Seconds after which a delivery whose consumer is silent comes again.
        replicas: Servers of a cluster that keep each stream.
    """

    names: Names
    ack_wait: float
    replicas: int

    async def declare(self, connection: Connection, subscriptions: Sequence[Subscription]) -> None:
        """Create what is not there; a subscription that exists takes the types wanted now.

        Raises:
            TopologyConflictError: Something exists with other properties.
            BrokerConfigurationError: A name is too long for the server.
        """
        await self._declare_stream(connection, self._attempts())
        for subscription in subscriptions:
            if max(len(token(subscription.name)), *map(len, map(token, subscription.types))) > (
                MAX_TOKEN
            ):
                raise BrokerConfigurationError(f"a name of {subscription.name!r} is too long")
            await self._declare_stream(connection, self._stream(subscription))
            await self._declare_consumer(connection, subscription)
        log.info("subscriptions_declared", names=[each.name for each in subscriptions])

    async def missing(
        self, connection: Connection, subscriptions: Sequence[Subscription]
    ) -> list[str]:
        """Name what the subscriptions need and what is not there."""
        stream = self.names.attempts_stream
        gaps = [] if await _found(connection, stream) else [f"stream {stream}"]
        for subscription in subscriptions:
            gaps += await self._gaps(connection, subscription)
        return gaps

    async def mark(self, connection: Connection, mark: str) -> None:
        """Leave a mark: an empty message in a stream of marks, one for each."""
        await self._declare_stream(connection, self._marks())
        await connection.js.publish(self.names.mark(mark), b"")

    async def is_marked(self, connection: Connection, mark: str) -> bool:
        """Tell whether a mark is there."""
        try:
            await connection.js.get_last_msg(self.names.marks_stream, self.names.mark(mark))
        except NotFoundError:
            return False
        return True

    async def waiting(self, connection: Connection, subscription: str) -> int:
        """Count what no consumer has had yet; none for a subscription that is not there."""
        try:
            info = await connection.js.consumer_info(self.names.stream(subscription), CONSUMER)
        except NotFoundError:
            return 0
        return info.num_pending or 0

    async def discard(self, connection: Connection, subscriptions: Sequence[Subscription]) -> None:
        """Delete the subscriptions' streams with what is in them, and those of the namespace."""
        streams = [self.names.stream(each.name) for each in subscriptions]
        for stream in (*streams, self.names.attempts_stream, self.names.marks_stream):
            if await _found(connection, stream):
                await connection.js.delete_stream(stream)

    async def _gaps(self, connection: Connection, wanted: Subscription) -> list[str]:
        stream = self.names.stream(wanted.name)
        found = await _found(connection, stream)
        if found is None:
            return [f"stream {stream}"]
        has = set(found.subjects or ())
        gaps = [f"stream {stream}: subject {each}" for each in self.names.subjects(wanted)]
        lacking = [gap for gap in gaps if gap.rpartition(" ")[2] not in has]
        consumer = await _consumer(connection, stream)
        if consumer is None:
            return [*lacking, f"stream {stream}: consumer {CONSUMER}"]
        if (consumer.config.max_ack_pending == 1) != wanted.ordered:
            lacking.append(f"stream {stream}: consumer {CONSUMER} with ordered={wanted.ordered}")
        return lacking

    async def _declare_stream(self, connection: Connection, wanted: StreamConfig) -> None:
        stream = wanted.name or ""
        found = await _found(connection, stream)
        if found is None:
            with _no_overlap(wanted):
                await connection.js.add_stream(wanted)
            return
        for name in ("retention", "storage", "discard"):
            have, want = getattr(found, name), getattr(wanted, name)
            if have != want:
                raise TopologyConflictError(f"the stream {stream} exists with {name}={have}")
        if set(found.subjects or ()) != set(wanted.subjects or ()):
            # All else is left as it is: limits and replicas are the operators'.
            with _no_overlap(wanted):
                await connection.js.update_stream(found, subjects=wanted.subjects)

    async def _declare_consumer(self, connection: Connection, wanted: Subscription) -> None:
        stream = self.names.stream(wanted.name)
        found = await _consumer(connection, stream)
        if found is None:
            await connection.js.add_consumer(stream, self._consumer_config(wanted))
            return
        if (found.config.max_ack_pending == 1) != wanted.ordered:
            raise TopologyConflictError(
                f"the subscription {wanted.name} exists with ordered={not wanted.ordered}"
            )
        if found.config.ack_policy != AckPolicy.EXPLICIT or found.config.deliver_subject:
            raise TopologyConflictError(f"the consumer of {stream} is not a pulled, explicit one")

    def _stream(self, subscription: Subscription) -> StreamConfig:
        return StreamConfig(
            name=self.names.stream(subscription.name),
            subjects=self.names.subjects(subscription),
            retention=RetentionPolicy.WORK_QUEUE,
            storage=StorageType.FILE,
            # A stream that is full refuses; the publisher keeps what is not accepted.
            discard=DiscardPolicy.NEW,
            num_replicas=self.replicas,
        )

    def _attempts(self) -> StreamConfig:
        return StreamConfig(
            name=self.names.attempts_stream,
            subjects=[self.names.attempts_of_all],
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            discard=DiscardPolicy.OLD,
            max_msgs_per_subject=1,
            max_age=_ATTEMPTS_FOR,
            num_replicas=self.replicas,
        )

    def _marks(self) -> StreamConfig:
        return StreamConfig(
            name=self.names.marks_stream,
            subjects=[self.names.all_marks],
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            discard=DiscardPolicy.NEW,
            max_msgs_per_subject=1,
            num_replicas=self.replicas,
        )

    def _consumer_config(self, subscription: Subscription) -> ConsumerConfig:
        return ConsumerConfig(
            durable_name=CONSUMER,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=self.ack_wait,
            # Attempts are ours to count: the server would count losses, too, and then give up.
            max_deliver=-1,
            # What waits for another attempt counts, so in an ordered one it holds up the rest.
            max_ack_pending=1 if subscription.ordered else MOST_PENDING,
            max_waiting=_MOST_QUESTIONS,
        )


@contextmanager
def _no_overlap(wanted: StreamConfig) -> Iterator[None]:
    try:
        yield
    except APIError as error:
        if error.err_code != _OVERLAP:
            raise
        raise TopologyConflictError(
            f"another stream takes subjects of {wanted.name}: {', '.join(wanted.subjects or ())}"
        ) from error


async def _found(connection: Connection, stream: str) -> StreamConfig | None:
    try:
        return (await connection.js.stream_info(stream)).config
    except NotFoundError:
        return None


async def _consumer(connection: Connection, stream: str) -> ConsumerInfo | None:
    try:
        found: ConsumerInfo = await connection.js.consumer_info(stream, CONSUMER)
    except NotFoundError:
        return None
    return found
