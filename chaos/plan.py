"""Which faults befall a run, and when: all of it follows from the seed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

SERVICES: Final = ("import_svc", "manager_svc", "notifier_svc", "stream_svc")
PUBLISHERS: Final = ("import_svc", "manager_svc")
SUBSCRIBERS: Final = ("slow", "crashing")
REPLICAS: Final = 2


class Kind(StrEnum):
    """What can befall the system."""

    SERVICE_KILLED = "service killed"
    RELAY_KILLED = "relay killed between confirm and delete"
    BROKEN_OFF = "connections cut in mid-frame"
    DELAYED = "connections delayed"
    SILENCED = "connections silent"
    SUBSCRIBER_KILLED = "subscriber killed"
    POISONED = "unreadable event published"
    BROKER_STOPPED = "RabbitMQ stopped"
    BROKER_RESTARTED = "RabbitMQ restarted"
    BROKER_ALARMED = "RabbitMQ with a memory alarm"
    DATABASE_RESTARTED = "Postgres restarted"
    ENDPOINT_FAILED = "webhook endpoint failing"
    ENDPOINT_HUNG = "webhook endpoint hanging"
    ENDPOINT_STOPPED = "webhook endpoint stopped"
    MAIL_STOPPED = "mail server stopped"
    MAIL_DROPPED = "mail server dropping connections"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault.

    Attributes:
        at: Seconds from the beginning, before which it does not happen.
        kind: What happens.
        target: To whom: a replica such as `manager_svc-2`, for a relay the service, whichever
            replica of it publishes then; the name of a subscriber; or empty for a server.
        seconds: How long it lasts; 0 for what is over at once.
    """

    at: float
    kind: Kind
    target: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        """Say it in a line."""
        return f"{self.at:6.1f} s  {self.in_words}"

    @property
    def in_words(self) -> str:
        """What happens, without the time."""
        words = [self.kind.value]
        words += [f"({self.target})"] if self.target else []
        words += [f"for {self.seconds:.1f} s"] if self.seconds else []
        return " ".join(words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The faults of a run, in lanes that overlap: what servers suffer, services, and those outside.

    Within a lane one fault waits for the one before to be over, so that a service that was killed
    comes back at all. Between the lanes anything may coincide: a relay is killed while
    RabbitMQ restarts.

    Attributes:
        seconds: How long leads come and are marked.
        lanes: Each in the order of time.
    """

    seed: int
    seconds: float
    lanes: tuple[Sequence[Fault], ...]

    @property
    def faults(self) -> Sequence[Fault]:
        """All, in the order of time."""
        return sorted((fault for lane in self.lanes for fault in lane), key=lambda each: each.at)


SETTLING: Final = 3.0
"""Seconds of peace at the beginning."""

BETWEEN_SERVER_FAULTS: Final = (11.0, 14.0)
BETWEEN_OTHER_FAULTS: Final = (4.2, 5.6)
BETWEEN_FAULTS_OUTSIDE: Final = (11.0, 14.0)
"""Seconds, at least and at most, from the beginning of one fault to that of the next."""


def make_plan(*, seed: int, minutes: float) -> Plan:
    """Return the plan of a seed.

    Each lane goes through a deck with every fault of its own, shuffled anew each time: in a
    minute each kind happens once, to whomever it hits.
    """
    seconds = minutes * 60
    servers = _lane(Random(seed), seconds, BETWEEN_SERVER_FAULTS, _server_faults)
    others = _lane(Random(seed), seconds, BETWEEN_OTHER_FAULTS, _other_faults)
    outside = _lane(Random(seed), seconds, BETWEEN_FAULTS_OUTSIDE, _faults_outside)
    return Plan(seed=seed, seconds=seconds, lanes=(tuple(servers), tuple(others), tuple(outside)))


_What = tuple[Kind, str, float]
_Deck = Callable[[Random], list[_What]]


def _lane(
    chance: Random, seconds: float, between: tuple[float, float], deck: _Deck
) -> Iterator[Fault]:
    at = SETTLING
    while True:
        cards = deck(chance)
        chance.shuffle(cards)
        for kind, target, lasts in cards:
            if at >= seconds:
                return
            yield Fault(at=round(at, 1), kind=kind, target=target, seconds=lasts)
            at += chance.uniform(*between)


def _server_faults(chance: Random) -> list[_What]:
    return [
        (Kind.BROKER_STOPPED, "", _between(chance, 2, 6)),
        (Kind.BROKER_RESTARTED, "", 0.0),
        (Kind.BROKER_ALARMED, "", _between(chance, 2, 6)),
        (Kind.DATABASE_RESTARTED, "", 0.0),
    ]


def _other_faults(chance: Random) -> list[_What]:
    return [
        *((Kind.SERVICE_KILLED, _replica(chance, service), 0.0) for service in SERVICES),
        *((Kind.RELAY_KILLED, service, 0.0) for service in PUBLISHERS),
        (Kind.BROKEN_OFF, _replica(chance, chance.choice(SERVICES)), 0.0),
        (Kind.DELAYED, _replica(chance, chance.choice(SERVICES)), _between(chance, 2, 5)),
        (Kind.SILENCED, _replica(chance, chance.choice(SERVICES)), _between(chance, 2, 6)),
        (Kind.POISONED, "", 0.0),
        (Kind.SUBSCRIBER_KILLED, chance.choice(SUBSCRIBERS), 0.0),
    ]


def _faults_outside(chance: Random) -> list[_What]:
    """What befalls those whom notifier-svc writes to."""
    kinds = (
        Kind.ENDPOINT_FAILED,
        Kind.ENDPOINT_HUNG,
        Kind.ENDPOINT_STOPPED,
        Kind.MAIL_STOPPED,
        Kind.MAIL_DROPPED,
    )
    return [(kind, "", _between(chance, 2, 5)) for kind in kinds]


def _replica(chance: Random, service: str) -> str:
    return f"{service}-{chance.randint(1, REPLICAS)}"


def _between(chance: Random, least: float, most: float) -> float:
    return round(chance.uniform(least, most), 1)
