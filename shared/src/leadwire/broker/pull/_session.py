"""What a pulled transport must offer: a session in which deliveries are claimed."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from leadwire.broker.port import Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A delivery that a session holds.

    Attributes:
        number: The server's number of the message; they grow as messages are accepted.
        session: Number of the session that claimed it.
        delivery: What to hand to the handler.
        losses: How many consumers vanished while they held it.
    """

    number: int
    session: int
    delivery: Delivery
    losses: int


@dataclass(frozen=True, slots=True)
class Postponed:
    """A claim to be delivered again.

    Attributes:
        claim: What failed.
        delivery: As it is to come again.
        delay: Seconds until then.
    """

    claim: Claim
    delivery: Delivery
    delay: float


class PullSession(Protocol):
    """One consumer's standing at the server, which ends when the connection does.

    What a session holds is free for others when it ends. Claims of an earlier session may
    still be finished or postponed; that has no effect if somebody else has them by now.
    For an ordered subscription at most one session at a time gets anything, and no second
    claim before the first one is settled.

    Every method raises `BrokerUnavailableError` once the session is lost.
    """

    async def claim(self, limit: int) -> Sequence[Claim]:
        """Claim up to `limit` deliveries that are due, the oldest first."""
        ...

    async def finish(self, claims: Sequence[Claim]) -> None:
        """Forget the deliveries."""
        ...

    async def postpone(self, postponed: Sequence[Postponed]) -> None:
        """Have the deliveries come again after their delays."""
        ...

    async def give_back(self, claims: Sequence[Claim]) -> None:
        """Free the deliveries as if they had not been claimed."""
        ...

    async def sweep(self) -> None:
        """Free what vanished consumers held."""
        ...

    async def close(self) -> None:
        """Give everything back and end the session; never raises."""
        ...

    def abort(self) -> None:
        """Cut the connection."""
        ...


OpenSession = Callable[[Callable[[], None]], Awaitable[PullSession]]
"""Opens a session. It gets a function to call whenever there may be something to claim,
and when the session is lost. Raises `BrokerUnavailableError`."""
