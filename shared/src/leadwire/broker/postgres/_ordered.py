"""The session of a consumer of an ordered subscription."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from leadwire.broker.errors import BrokerUnavailableError
from leadwire.broker.postgres._session import PostgresSession
from leadwire.broker.pull import Claim, Postponed

log = structlog.get_logger(__name__)

MAX_HANDLED = 50
"""Deliveries that are handled and not yet deleted."""


@dataclass(slots=True)
class Standing:
    """What a consumer knows beyond its session, which a lost connection ends.

    Attributes:
        begun: Number of the delivery that is noted as begun by this consumer.
        postponed: Number of the delivery that failed last.
        due: When that may be tried again, by the monotonic clock.
    """

    begun: int | None = None
    postponed: int | None = None
    due: float = 0.0


class OrderedSession:
    """One consumer is active, by a lock of its connection; the others stand by.

    The active one reads ahead and hands out one delivery at a time. A failed one stays
    at the head; its attempts are counted in the database, its delay is waited for here.
    What is handled is deleted in batches, at the latest at the next sweep: a consumer that
    vanishes leaves that much to be handled again, in the same order.

    The first delivery of each reading is noted in the database as begun, which is taken
    back when this consumer ends a session in which it did not finish it, or begins the
    next one: only what a consumer held when its process vanished counts as lost. Where a
    loss stands, deliveries are read, noted and deleted one by one, so that the count comes
    to the one that kills and not to what stands before it.

    Args:
        session: A session that is open; it ends with this one.
        standing: The same for all sessions of a consumer.
    """

    def __init__(self, session: PostgresSession, standing: Standing) -> None:
        self._session = session
        self._standing = standing
        self._ahead: deque[Claim] = deque()
        self._handled: list[int] = []
        self._is_active = False
        self._is_handed_out = False

    async def claim(self, limit: int) -> Sequence[Claim]:
        """Hand out the first delivery, if it is due and this consumer is the active one."""
        if limit < 1 or self._is_handed_out:
            return []
        if not self._ahead and await self._leads():
            await self._read_ahead()
        if not self._ahead or self._is_early(self._ahead[0]):
            return []
        self._is_handed_out = True
        return [self._ahead[0]]

    async def finish(self, claims: Sequence[Claim]) -> None:
        """Note the deliveries as handled, also those of an earlier session."""
        numbers = [claim.number for claim in claims]
        self._handled += numbers
        self._ahead = deque(claim for claim in self._ahead if claim.number not in numbers)
        self._is_handed_out = False
        if not self._ahead or len(self._handled) >= MAX_HANDLED:
            await self._delete_handled()

    async def postpone(self, postponed: Sequence[Postponed]) -> None:
        """Count the attempt, and keep the delivery at the head until it is due."""
        await self._delete_handled()
        for each in postponed:
            number, session = each.claim.number, self._session
            counts = (each.delivery.attempt, each.delivery.excused)
            await session.fetch("count_ordered_attempt", session.subscription_id, number, *counts)
            if self._ahead and self._ahead[0].number == number:
                self._ahead[0] = replace(self._ahead[0], delivery=each.delivery)
            # Also for a claim of an earlier session, which is not read again yet.
            self._standing.postponed = number
            self._standing.due = time.monotonic() + each.delay
        self._is_handed_out = False

    async def give_back(self, claims: Sequence[Claim]) -> None:
        """Keep the delivery at the head; it was not claimed in the database."""
        if claims:
            self._is_handed_out = False

    async def sweep(self) -> None:
        """Delete what is handled, and notice a lost connection.

        There is nothing to free: the lock of a vanished consumer is free by itself.
        """
        await self._delete_handled()
        await self._session.fetch("ping_session")

    async def close(self) -> None:
        """Delete what is handled and end the session, and with it the lock."""
        try:
            await self._delete_handled()
            await self._take_back_begun()
        except BrokerUnavailableError as error:
            log.info("handled_deliveries_come_again", error=str(error))
        finally:
            await self._session.close()

    def abort(self) -> None:
        """Cut the connection."""
        self._session.abort()

    async def _leads(self) -> bool:
        if not self._is_active:
            session = self._session
            [row] = await session.fetch("try_lead_subscription", session.subscription_id)
            self._is_active = bool(row["leads"])
        return self._is_active

    async def _delete_handled(self) -> None:
        if not self._handled:
            return
        session = self._session
        await session.fetch("finish_ordered_deliveries", session.subscription_id, self._handled)
        await session.fetch("delete_handled_messages", self._handled)
        if self._standing.begun in self._handled:
            self._standing.begun = None
        self._handled = []

    async def _take_back_begun(self) -> None:
        if self._standing.begun is None:
            return
        session = self._session
        await session.fetch("take_back_begun", session.subscription_id, self._standing.begun)
        self._standing.begun = None

    async def _read_ahead(self) -> None:
        await self._delete_handled()
        await self._take_back_begun()
        session = self._session
        rows = await session.fetch(
            "read_ordered_deliveries", session.subscription_id, session.subscription.prefetch
        )
        claims = [session.claim_of(row) for row in rows]
        if claims:
            self._standing.begun = claims[0].number
        self._ahead.extend(claims[:1] if claims and claims[0].losses else claims)

    def _is_early(self, claim: Claim) -> bool:
        return claim.number == self._standing.postponed and time.monotonic() < self._standing.due
