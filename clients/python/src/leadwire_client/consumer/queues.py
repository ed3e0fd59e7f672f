"""What a consumer has on RabbitMQ, all of it its own, named after its queue.

| Name | What |
|---|---|
| `billing.leads` | the queue, bound to Leadwire's `leadwire.events` and `leadwire.directed` |
| `billing.leads.retry.5000` | where a failed delivery waits so many milliseconds |
| `billing.leads.parked` | what was set aside |
| `billing.leads.returns` | the exchange by which these three reach each other |

A queue that is full and refuses what is published has it refused to everybody, and one that
grows for ever fills the server's disk, which stops everybody. So the queue deletes itself when
nobody has read it for a while, and drops its oldest event, into `parked`, when it is too long;
what is parked goes after a while. Everything is written out, because defaults differ between
RabbitMQ 3.10 and 4.x; the `leadwire_client.consumer` guide says how to change it later.

The exchange of one's own is there for the rights: through the server's default exchange, a
consumer that may publish to its own queues may publish to those of everybody.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from leadwire_client.errors import ConsumerError

EVENTS: Final = "leadwire.events"
"""The topic exchange of Leadwire; the routing key is the type of the event."""

DIRECTED: Final = "leadwire.directed"
"""The direct exchange of what is for one queue alone, as a replay; the key is its name."""

_NAME: Final = re.compile(r"[A-Za-z0-9_.:-]{1,200}")
_NEVER: Final = 1_000_000
"""A delivery limit that is not reached, in words that RabbitMQ 3.10 and 4.x both understand."""

_DAY: Final = 24 * 3600.0

Arguments: TypeAlias = Mapping[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When events that nobody handles go, so that Leadwire never waits for this consumer.

    They are arguments of the queues, which do not change while a queue exists.

    Attributes:
        unread: Seconds without a consumer after which the queue is deleted.
        max_bytes: Length of the queue in bytes, beyond which its oldest event is parked.
        parked: Seconds after which a parked event is dropped: as long as Leadwire keeps events
            for replay, by default.
    """

    unread: float = 14 * _DAY
    max_bytes: int = 1024 * 1024 * 1024
    parked: float = 30 * _DAY

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            ValueError: A limit is not positive.
        """
        if min(self.unread, self.max_bytes, self.parked) <= 0:
            raise ValueError("limits must be positive")


@dataclass(frozen=True, slots=True)
class Names:
    """Names of everything, after that of the queue.

    Raises:
        ConsumerError: Such a queue is not for other teams.
    """

    queue: str

    def __post_init__(self) -> None:
        """Refuse a name that is Leadwire's, or none."""
        if not _NAME.fullmatch(self.queue):
            raise ConsumerError(f"{self.queue!r} cannot be the name of a queue")
        if self.queue == "leadwire" or self.queue.startswith(("leadwire.", "amq.")):
            raise ConsumerError(
                f"{self.queue!r}: these names belong to others; name it after your team"
            )

    @property
    def parked(self) -> str:
        """The queue of what was set aside."""
        return f"{self.queue}.parked"

    @property
    def returns(self) -> str:
        """The exchange; the routing key is the name of the queue."""
        return f"{self.queue}.returns"

    def retry(self, delay: float) -> str:
        """The queue where a delivery waits so many seconds."""
        return f"{self.queue}.retry.{_ms(delay)}"


def queues(names: Names, *, limits: Limits, delays: Sequence[float]) -> Mapping[str, Arguments]:
    """Give the arguments of each queue by its name."""
    quorum: Arguments = {"x-queue-type": "quorum", "x-delivery-limit": _NEVER}
    return {
        names.queue: {
            **quorum,
            "x-expires": _ms(limits.unread),
            "x-overflow": "drop-head",
            "x-max-length-bytes": limits.max_bytes,
            "x-dead-letter-exchange": names.returns,
            "x-dead-letter-routing-key": names.parked,
        },
        **{
            names.retry(delay): {
                **quorum,
                # Nothing expires here: a queue without consumers counts as unused. What it
                # holds goes back, and waits for the queue if that is being made anew.
                "x-message-ttl": _ms(delay),
                "x-dead-letter-exchange": names.returns,
                "x-dead-letter-routing-key": names.queue,
                "x-dead-letter-strategy": "at-least-once",
                # Without this, 3.10 falls back to at-most-once silently. It refuses only what
                # this consumer itself sends here.
                "x-overflow": "reject-publish",
                "x-max-length-bytes": limits.max_bytes,
            }
            for delay in delays
        },
        # The last that is made: where it is without the queue, that was deleted.
        names.parked: {
            **quorum,
            "x-overflow": "drop-head",
            "x-max-length-bytes": limits.max_bytes,
            "x-message-ttl": _ms(limits.parked),
        },
    }


def _ms(seconds: float) -> int:
    return max(round(seconds * 1000), 1)
