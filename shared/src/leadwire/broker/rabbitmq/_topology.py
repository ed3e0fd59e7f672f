"""What exists on the server: names and arguments of exchanges, queues and bindings.

Every argument is written out, because defaults differ between RabbitMQ 3.10 and 4.x and
some combinations fail without a word:

- Queues are quorum queues: only those count deliveries and survive a lost node.
- `x-delivery-limit` is explicit everywhere: 3.10 has no limit by default and takes -1 for
  "dead-letter at once", 4.x has 20; past the limit a queue without dead-lettering drops.
- At-least-once dead-lettering needs `x-overflow: reject-publish`: without it 3.10 falls
  back to at-most-once silently. No queue of ours has a length limit, so nothing is
  rejected unless an operator sets one by policy.
- An ordered subscription's queue has a single active consumer: the next one takes over
  only when the first one is gone.

A queue's arguments never change while it exists, and its name follows from that of the
subscription, so there is no second one to move to: it is emptied, deleted and declared
again. docs/operations/services.md has the steps. They stop the publishers first, since
what is published while a queue is missing goes to the other subscriptions only. A delay
queue keeps what it holds meanwhile: at-least-once dead-lettering waits for its target, and
tries again every three minutes. A delay that is no longer in `retry_delays` leaves a queue
that empties itself and can then be deleted.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from leadwire.broker.port import Subscription

_NEVER: Final = 1_000_000
"""A delivery limit that is not reached, in words that 3.10 and 4.x both understand."""

Argument = str | int | bool


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable queue."""

    name: str
    arguments: Mapping[str, Argument]


@dataclass(frozen=True, slots=True)
class Names:
    """Names of everything, under one prefix."""

    namespace: str = "leadwire"

    @property
    def events(self) -> str:
        """The topic exchange that all events go to; the routing key is the type."""
        return f"{self.namespace}.events"

    @property
    def directed(self) -> str:
        """The topic exchange for one subscription alone; the routing key is its name.

        It reaches a queue whose owner has bound it there, and no other: neither a queue of
        somebody who shares the virtual host, nor those that belong to a subscription. Only on a
        topic exchange can a user be given some routing keys and no others.
        """
        return f"{self.namespace}.directed"

    def queue(self, subscription: str) -> str:
        """The queue that a subscription's consumers share."""
        return f"{self.namespace}.{subscription}"

    def dead(self, subscription: str) -> str:
        """The queue for what crashes consumers past the delivery limit."""
        return f"{self.queue(subscription)}.dead"

    def delay(self, subscription: str, milliseconds: int) -> str:
        """The queue where a failed delivery waits so long."""
        return f"{self.queue(subscription)}.retry.{milliseconds}"

    def returns(self, subscription: str) -> str:
        """The direct exchange by which a delivery goes to where it waits; the key is the queue.

        One for each subscription: by the default exchange its consumers could reach the queues
        of everybody else, too.
        """
        return f"{self.queue(subscription)}.returns"

    def mark(self, mark: str) -> str:
        """The exchange that is there if the broker has the mark."""
        return f"{self.namespace}.home.{mark}"

    def queue_marker(self, subscription: Subscription) -> str:
        """The binding marker that vanishes with the subscription's queue; see `_declaration`."""
        return f"{self.queue(subscription.name)}.bound.{_digest(subscription)}.queue"

    def exchange_markers(self, subscription: Subscription) -> Mapping[str, str]:
        """The binding markers that vanish with an exchange, by the exchange."""
        bound = f"{self.queue(subscription.name)}.bound.{_digest(subscription)}"
        return {self.events: f"{bound}.events", self.directed: f"{bound}.directed"}


def steps(subscription: Subscription) -> list[int]:
    """Return the subscription's delays in milliseconds, ascending, each once."""
    return sorted({max(round(delay * 1000), 1) for delay in subscription.retry_delays})


def step_for(subscription: Subscription, delay: float) -> int:
    """Return the first step that is long enough, or the longest if none is."""
    wanted = math.ceil(round(delay * 1000, 3))
    available = steps(subscription)
    return next((step for step in available if step >= wanted), available[-1])


def returned_to(names: Names, subscription: Subscription) -> Sequence[str]:
    """Return the queues that an unordered subscription's own exchange leads to."""
    name = subscription.name
    return [names.queue(name), *(names.delay(name, step) for step in steps(subscription))]


def queues(names: Names, subscription: Subscription, *, delivery_limit: int) -> Sequence[Queue]:
    """Return a subscription's queues; those that others dead-letter to come first."""
    main, dead = names.queue(subscription.name), names.dead(subscription.name)
    ordered: Mapping[str, Argument] = (
        {"x-single-active-consumer": True} if subscription.ordered else {}
    )
    return [
        Queue(dead, {"x-queue-type": "quorum", "x-delivery-limit": _NEVER}),
        Queue(main, {**_dead_lettered(dead), **ordered, "x-delivery-limit": delivery_limit}),
        *(
            Queue(
                names.delay(subscription.name, step),
                {**_dead_lettered(main), "x-message-ttl": step, "x-delivery-limit": _NEVER},
            )
            # An ordered subscription retries in place and has no delay queues.
            for step in ([] if subscription.ordered else steps(subscription))
        ),
    ]


def _dead_lettered(queue: str) -> dict[str, Argument]:
    return {
        "x-queue-type": "quorum",
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": queue,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


def _digest(subscription: Subscription) -> str:
    types = "\n".join(sorted(set(subscription.types)))
    return hashlib.sha256(types.encode()).hexdigest()[:12]
