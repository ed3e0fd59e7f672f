"""Names on the server.

With the namespace `leadwire`, the subscription `manager-svc` is the stream
`leadwire-manager-svc`. It takes `leadwire.events.manager-svc.<type>` for each type it wants, and
`leadwire.directed.manager-svc`. How often its deliveries were tried stands in the stream
`leadwire_attempts`, under `leadwire.attempts.manager-svc.<number>`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from leadwire.broker import ALL_TYPES, BrokerConfigurationError, Subscription

CONSUMER: Final = "consumers"
"""The durable consumer of each subscription's stream."""

MAX_TOKEN: Final = 150
"""Most characters of a name as part of a subject; a stream's name is a directory's, too."""

_NAMESPACE: Final = re.compile(r"[A-Za-z0-9_]{1,60}")
_UNSAFE: Final = re.compile(rb"[^A-Za-z0-9_-]")


def token(name: str) -> str:
    """Return a name as one part of a subject: what NATS would read otherwise is escaped.

    Different names have different tokens. A name that is not UTF-8 raises `UnicodeEncodeError`.
    """
    return _UNSAFE.sub(lambda found: b"=%02X" % found[0][0], name.encode()).decode()


@dataclass(frozen=True, slots=True)
class Names:
    """The names in a namespace.

    Attributes:
        namespace: First part of all of them: letters, digits and underscores.
    """

    namespace: str

    def __post_init__(self) -> None:
        """Refuse a namespace that could be taken for another one with a subscription."""
        if not _NAMESPACE.fullmatch(self.namespace):
            raise BrokerConfigurationError(
                f"{self.namespace!r} cannot be a namespace on NATS: use letters, digits and _"
            )

    @property
    def attempts_stream(self) -> str:
        """The stream of attempts; no subscription's: there is no hyphen in it."""
        return f"{self.namespace}_attempts"

    @property
    def attempts_of_all(self) -> str:
        """The subjects of that stream."""
        return f"{self.namespace}.attempts.*.*"

    @property
    def marks_stream(self) -> str:
        """The stream of marks; no subscription's either."""
        return f"{self.namespace}_marks"

    def mark(self, mark: str) -> str:
        """Where a mark is, in that stream."""
        return f"{self.namespace}.marks.{token(mark)}"

    @property
    def all_marks(self) -> str:
        """The subjects of that stream."""
        return f"{self.namespace}.marks.*"

    def stream(self, subscription: str) -> str:
        """The stream of a subscription."""
        return f"{self.namespace}-{token(subscription)}"

    def subjects(self, subscription: Subscription) -> list[str]:
        """What the subscription's stream takes."""
        types = ["*"] if ALL_TYPES in subscription.types else map(token, subscription.types)
        name = token(subscription.name)
        return [f"{self.namespace}.events.{name}.{each}" for each in dict.fromkeys(types)] + [
            self.directed(subscription.name)
        ]

    def directed(self, subscription: str) -> str:
        """Where a message for one subscription alone goes."""
        return f"{self.namespace}.directed.{token(subscription)}"

    def wanted(self, event_type: str) -> str:
        """What meets a subject of each stream that wants the type."""
        return f"{self.namespace}.events.*.{token(event_type)}"

    def event_subjects(self, streams: Iterable[str], event_type: str) -> list[str]:
        """Where an event goes, for each of the streams; others than subscriptions' are left out."""
        prefix, kind = f"{self.namespace}-", token(event_type)
        return [
            f"{self.namespace}.events.{stream.removeprefix(prefix)}.{kind}"
            for stream in streams
            if stream.startswith(prefix)
        ]

    def attempts(self, subscription: str, number: int) -> str:
        """Where the attempts at a delivery are noted."""
        return f"{self.namespace}.attempts.{token(subscription)}.{number}"
