"""The broker port: all that the application knows of a message broker.

A publisher hands a batch to `Broker.publish` and gets one outcome per message.
A consumer hands a handler to `Broker.subscribe` and answers each delivery with a
verdict. Exchanges, queues, acknowledgements and leases stay inside a transport.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, Self

from leadwire.broker.errors import BrokerConfigurationError

ALL_TYPES = "#"
"""In `Subscription.types`: every event type, also those not known yet."""

DELIVERY_LIMIT: Final = 100
"""A message that so many consumers held when they vanished is set aside, unhandled: it may
be what kills them. High, since what a consumer merely held when it lost its connection
may count too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One event on its way: what the envelope says, as bytes that nobody changes.

    Attributes:
        id: Unique among all messages; a repeated publication keeps it.
        type: The event type, by which subscriptions select.
        body: The exact bytes to deliver, at most 64 KiB by contract.
        headers: Text headers, delivered exactly as given.
        content_type: Media type of the body.
    """

    id: str
    type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/cloudevents+json"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The broker holds the message durably for every subscription that wants it."""


@dataclass(frozen=True, slots=True)
class Unroutable:
    """No subscription wants the message (or the named one does not exist); nothing was stored."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The broker refused the message.

    Attributes:
        reason: What the broker said.
        permanent: True if the same message will be refused for ever (too large, not
            encodable); False for a refusal that passes, as of a full queue.
    """

    reason: str
    permanent: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer in time: the message may or may not be stored. Publish it again."""

    reason: str


Outcome = Accepted | Unroutable | Rejected | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A named, durable group that receives events; its consumers compete for them.

    Attributes:
        name: Name of the group, for example `manager-svc`.
        types: Event types wanted; `(ALL_TYPES,)` for every one. A type that was wanted once
            may keep coming until its binding is removed by hand: handlers acknowledge types
            that they do not know.
        max_attempts: After this many failed attempts a delivery is parked.
        prefetch: Most deliveries that one consumer holds unfinished; fewer than the
            connections of the database pool that their handlers use.
        ordered: One delivery at a time across all consumers, retried in place.
        retry_delays: Seconds to wait after the 1st, 2nd, ... failed attempt; the last
            one repeats. A broker may round an explicit `Retry(delay)` up to the next
            of these steps.
    """

    name: str
    types: tuple[str, ...]
    max_attempts: int = 10
    prefetch: int = 32
    ordered: bool = False
    retry_delays: tuple[float, ...] = (1.0, 5.0, 30.0, 120.0, 600.0)

    def __post_init__(self) -> None:
        """Refuse what no transport could honour.

        Raises:
            BrokerConfigurationError: A bound is below 1, a delay is not positive, or
                no type is wanted.
        """
        if not self.types:
            raise BrokerConfigurationError(f"subscription {self.name!r} wants no event type")
        if min(self.max_attempts, self.prefetch) < 1:
            raise BrokerConfigurationError(
                f"subscription {self.name!r}: max_attempts and prefetch must be at least 1"
            )
        if not self.retry_delays or min(self.retry_delays) <= 0:
            raise BrokerConfigurationError(
                f"subscription {self.name!r}: retry_delays must be positive"
            )

    def wants(self, event_type: str) -> bool:
        """Tell whether events of this type are delivered to the subscription."""
        return ALL_TYPES in self.types or event_type in self.types


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One attempt to have a message handled.

    Attributes:
        message: The message as published.
        subscription: Name of the subscription it was delivered to.
        attempt: 1 for the first attempt; grows with every verdict to try again. A consumer
            that vanished with the delivery in hand has given none: such losses count apart,
            up to `DELIVERY_LIMIT`.
        excused: Attempts before this one whose failure was excused; see `Retry`.
    """

    message: Message
    subscription: str
    attempt: int
    excused: int = 0

    def again(self, *, is_excused: bool) -> "Delivery":
        """Return the delivery as it comes after this attempt has failed."""
        return replace(self, attempt=self.attempt + 1, excused=self.excused + is_excused)


@dataclass(frozen=True, slots=True)
class Ack:
    """Handled: the broker may forget the delivery."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again later.

    Attributes:
        delay: Seconds to wait at least; None for the subscription's next step.
        reason: Why, for the log and for the parked row if attempts run out.
        excused: The event is not at fault, as while the consumer's database is away: it is tried
            for days, however few attempts it may have, and has all of them yet after that.
    """

    delay: float | None = None
    reason: str = "the handler asked for a retry"
    excused: bool = False


@dataclass(frozen=True, slots=True)
class Park:
    """Set the delivery aside: no further attempt could help.

    Attributes:
        reason: Why; stored with the parked event.
    """

    reason: str


Verdict = Ack | Retry | Park
Handler = Callable[[Delivery], Awaitable[Verdict]]


class ParkingLot(Protocol):
    """Where deliveries are set aside, durably, before they are acknowledged."""

    async def park(self, delivery: Delivery, reason: str) -> None:
        """Store the delivery with its reason.

        Parking the same message of the same subscription twice keeps one entry.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a transport can do, for those who must know before they rely on it.

    Attributes:
        durable: Accepted messages survive a restart of the broker.
        per_key_order: Messages of one key stay in order with several consumers.
        native_delay: The broker itself keeps a retry until it is due.
        detects_unroutable: `Unroutable` is reported, not guessed.
    """

    durable: bool
    per_key_order: bool
    native_delay: bool
    detects_unroutable: bool


class Consumer(Protocol):
    """A running consumer of one subscription."""

    async def stop(self, deadline: float = 10.0) -> None:
        """Take no further delivery and let running handlers finish.

        Handlers that are not done after `deadline` seconds are cancelled; their
        deliveries come again. Stopping twice, also at the same time, is harmless.
        """
        ...

    async def wait(self) -> None:
        """Return once stopped; raise what ended the consumer otherwise."""
        ...


class Broker(Protocol):
    """A connection to a message broker."""

    @classmethod
    def from_url(cls, url: str, *, name: str) -> Self:
        """Prepare a client; nothing is connected before `start`.

        Args:
            url: Address, whose scheme chose this class.
            name: Name of the connection, as the broker's operators see it.

        Raises:
            BrokerConfigurationError: The URL is not one of this broker's.
        """
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What this transport can do."""
        ...

    async def start(self) -> None:
        """Connect, in one attempt of bounded length; after a failed one it may be called again.

        Raises:
            BrokerRefusedError: The broker answered, and refused the address or its user.
            BrokerUnavailableError: The broker did not answer in time.
        """
        ...

    async def stop(self) -> None:
        """Stop every consumer, let publications end, disconnect. Twice is harmless."""
        ...

    async def declare(self, subscriptions: Sequence[Subscription]) -> None:
        """Create what the subscriptions need; what exists and fits is left alone.

        Raises:
            TopologyConflictError: Something exists with other properties.
        """
        ...

    async def missing(self, subscriptions: Sequence[Subscription]) -> list[str]:
        """Name what the subscriptions need and what is not there; empty if all is."""
        ...

    async def mark(self, mark: str) -> None:
        """Leave a mark, by which the broker is known whatever the address that leads to it.

        It stays for as long as what is declared does, and is gone with it; twice is harmless.

        Args:
            mark: Letters, digits, `-` and `.`, at most 100 characters.

        Raises:
            BrokerUnavailableError: The broker does not answer.
        """
        ...

    async def is_marked(self, mark: str) -> bool:
        """Tell whether the broker has a mark; what a service may do anyway is right enough to ask.

        Raises:
            BrokerUnavailableError: The broker does not answer.
        """
        ...

    async def publish(
        self, batch: Sequence[Message], *, only: str | None = None
    ) -> Sequence[Outcome]:
        """Publish a batch and wait, for a bounded time, for the broker's answers.

        Args:
            batch: Messages, published in this order.
            only: Name of the one subscription to deliver to (for replay), whatever types it
                wants; None for all that want the type. It reaches a subscription and nothing
                else that the broker may hold under a name.

        Returns:
            One outcome per message, in the batch's order. A lost connection, a blocked
            broker or a time-out is an `Unknown`, never an exception.
        """
        ...

    async def subscribe(
        self, subscription: Subscription, handler: Handler, *, parking: ParkingLot
    ) -> Consumer:
        """Start to consume; the consumer outlives broker restarts.

        Args:
            subscription: A declared subscription.
            handler: Called for each delivery; see `Verdict`. An exception counts as a
                `Retry` with the subscription's next delay.
            parking: Receives what is parked, before it is acknowledged.
        """
        ...

    async def waiting(self, subscription: str, *, up_to: int) -> int:
        """Count the messages that wait for a subscription, without those that consumers hold.

        Args:
            subscription: Its name; none wait for one that is not there.
            up_to: Stands for that many or more.

        Raises:
            BrokerUnavailableError: The broker does not answer.
        """
        ...

    async def check(self) -> None:
        """Prove that the broker answers now.

        Raises:
            BrokerUnavailableError: It does not.
        """
        ...
