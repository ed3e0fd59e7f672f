"""A consumer's session on a connection of its own; see `leadwire.broker.pull`.

The server lends a delivery for `ack_wait` seconds, whatever becomes of the connection. While a
handler runs the lease is renewed at each sweep; what a vanished consumer held comes again when the
lease has run out. A delivery that comes again while its handler still runs here, since an outage
outlasted the lease, is not handed out twice.

What is asked of the server at a time, and what it has sent and nobody has claimed yet, is together
never more than there was room for.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, Self

import nats.errors
import structlog
from nats.aio.msg import Msg
from nats.js.errors import NotFoundError

from leadwire.broker import BrokerUnavailableError, Delivery, Subscription
from leadwire.broker.pull import Claim, Postponed
from leadwire_nats._attempts import Attempts, Note
from leadwire_nats._claims import NatsClaim, Standing, claim_of
from leadwire_nats._link import CALL_WITHIN, GONE, Address, Connection, connect, unavailable
from leadwire_nats._names import CONSUMER, Names

log = structlog.get_logger(__name__)

_ASK_FOR: Final = 10.0
"""Seconds that a question for deliveries lasts at the server."""

_EARLY: Final = 0.05
"""Seconds before its time at which a delivery is handed out all the same: clocks differ."""

_NOTHING_MORE: Final = frozenset(("404", "408"))
"""Statuses that end a question and nothing else."""


class NatsSession:
    """The session of a consumer. Made by `open`; one task uses it at a time."""

    def __init__(
        self,
        *,
        connection: Connection,
        names: Names,
        subscription: Subscription,
        renew_every: float,
        standing: Standing,
        wake: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._stream = names.stream(subscription.name)
        self._subscription = subscription
        self._attempts = Attempts(names, subscription.name)
        self._renew_every = renew_every
        self._standing = standing
        self._held = standing.held
        self._wake = wake
        self._inbox = connection.new_inbox()
        self._ahead = standing.ahead
        self._expected = 0
        self._asked_at = 0.0
        self._renewed_at = time.monotonic()
        self._failure: str | None = None

    @classmethod
    async def open(
        cls,
        *,
        address: Address,
        name: str,
        names: Names,
        subscription: Subscription,
        renew_every: float,
        standing: Standing,
        wake: Callable[[], None],
    ) -> Self:
        """Connect, and see that the subscription is there.

        Raises:
            BrokerUnavailableError: The server did not answer, or the subscription is not there.
        """
        connection = await connect(address, name=name, on_lost=wake)
        session = cls(
            connection=connection,
            names=names,
            subscription=subscription,
            renew_every=renew_every,
            standing=standing,
            wake=wake,
        )
        try:
            async with unavailable():
                await session._begin()
        except BaseException:
            connection.cut()
            raise
        return session

    async def claim(self, limit: int) -> Sequence[Claim]:
        """Hand out what has come, and ask for what there is still room for."""
        self._insist_on_connection()
        claims = [self._ahead.popleft() for _ in range(min(limit, len(self._ahead)))]
        self._held |= {claim.number: claim for claim in claims}
        if (room := limit - len(claims)) > 0 and not self._is_asking():
            await self._ask(room)
        return claims

    async def finish(self, claims: Sequence[Claim]) -> None:
        """Acknowledge the deliveries, and have the server confirm it."""
        await self._all(self._finish(claim) for claim in claims if isinstance(claim, NatsClaim))

    async def postpone(self, postponed: Sequence[Postponed]) -> None:
        """Note the attempt, then have the delivery come again."""
        await self._all(
            self._again(each.claim, delay=each.delay, later=each.delivery)
            for each in postponed
            if isinstance(each.claim, NatsClaim)
        )

    async def give_back(self, claims: Sequence[Claim]) -> None:
        """Have the deliveries come again as if they had not come."""
        await self._all(self._again(claim) for claim in claims if isinstance(claim, NatsClaim))

    async def sweep(self) -> None:
        """Renew what handlers hold."""
        self._insist_on_connection()
        now = time.monotonic()
        if now - self._renewed_at < self._renew_every:
            return
        self._renewed_at = now
        async with unavailable():
            for claim in (*self._held.values(), *self._ahead):
                await self._connection.publish(claim.reply, Msg.Ack.Progress)

    async def close(self) -> None:
        """Give back what nobody handles, and disconnect; never raises."""
        try:
            if not self._connection.lost.is_set() and self._failure is None:
                async with asyncio.timeout(CALL_WITHIN):
                    await self._take_leave()
        except (*GONE, BrokerUnavailableError) as error:
            log.info("deliveries_come_again_later", error=type(error).__name__)
        finally:
            await self._connection.leave()

    def abort(self) -> None:
        """Cut the connection."""
        self._connection.cut()

    async def _begin(self) -> None:
        try:
            await self._connection.js.consumer_info(self._stream, CONSUMER)
        except NotFoundError:
            raise BrokerUnavailableError(
                f"NATS: there is no stream {self._stream} with a consumer {CONSUMER}"
            ) from None
        if self._subscription.ordered:
            # Its handlers were cancelled with the session before.
            await self._give_back_all()
        self._incoming = await self._connection.subscribe(
            self._inbox, cb=self._receive, pending_bytes_limit=0
        )

    async def _take_leave(self) -> None:
        await self._incoming.drain()  # type: ignore[no-untyped-call]
        # Whoever asks for this has the server drop questions that nobody listens to any more.
        # Where one stands, server 2.9 keeps the first delivery that is given back until its lease
        # has run out.
        await self._connection.js.consumer_info(self._stream, CONSUMER)
        await self._give_back_all()

    async def _give_back_all(self) -> None:
        claims = [*self._held.values(), *self._ahead]
        self._ahead.clear()
        await self.give_back(claims)

    def _is_asking(self) -> bool:
        # One that is overdue was lost with whoever should have answered it.
        return self._expected > 0 and time.monotonic() < self._asked_at + _ASK_FOR + CALL_WITHIN

    async def _ask(self, room: int) -> None:
        self._expected, self._asked_at = room, time.monotonic()
        question = {"batch": room, "expires": int(_ASK_FOR * 1e9)}
        async with unavailable():
            await self._connection.publish(
                f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{CONSUMER}",
                json.dumps(question).encode(),
                reply=self._inbox,
            )

    async def _receive(self, message: Msg) -> None:
        try:
            if status := (message.headers or {}).get("Status"):
                self._end_of_question(status, (message.headers or {}).get("Description", ""))
            else:
                self._expected = max(self._expected - 1, 0)
                async with unavailable():
                    await self._take(message)
        except BrokerUnavailableError as error:
            self._failure = str(error)
        self._wake()

    def _end_of_question(self, status: str, description: str) -> None:
        self._expected = 0
        if status not in _NOTHING_MORE:
            self._failure = f"the server ended the consumption: {status} {description}"

    async def _take(self, message: Msg) -> None:
        claim = await claim_of(message, self._connection, self._attempts)
        if self._standing.has(claim.number):
            # The lease ran out in an outage; with this delivery there is a new one.
            return
        if (early := claim.note.due - time.time()) > _EARLY:
            await self._again(claim, delay=early, due=claim.note.due)
        else:
            self._ahead.append(claim)

    async def _finish(self, claim: NatsClaim) -> None:
        await self._tell(claim, b"")
        self._held.pop(claim.number, None)
        if claim.delivered > 1:
            await self._attempts.forget(self._connection, claim.number)

    async def _again(
        self,
        claim: NatsClaim,
        *,
        delay: float = 0.0,
        later: Delivery | None = None,
        due: float | None = None,
    ) -> None:
        """Note what is to be known of the delivery, and only then give it back."""
        delivery = later or claim.delivery
        note = Note(
            id=claim.note.id,
            attempt=delivery.attempt,
            excused=delivery.excused,
            given_back=claim.note.given_back + 1,
            due=due if due is not None else time.time() + delay,
        )
        await self._attempts.write(self._connection, claim.number, note)
        # Before it is given back: it may come again before the server has answered.
        self._held.pop(claim.number, None)
        wait = f' {{"delay": {int(delay * 1e9)}}}' if delay > 0 else ""
        await self._tell(claim, Msg.Ack.Nak + wait.encode())

    async def _tell(self, claim: NatsClaim, verdict: bytes) -> None:
        try:
            await self._connection.request(claim.reply, verdict, timeout=CALL_WITHIN)
        except nats.errors.NoRespondersError:
            # The consumer was removed. The delivery went with its stream, or comes again.
            log.warning("verdict_came_too_late", stream=self._stream, number=claim.number)

    async def _all(self, work: Iterable[Awaitable[None]]) -> None:
        self._insist_on_connection()
        async with unavailable():
            await asyncio.gather(*work)

    def _insist_on_connection(self) -> None:
        if self._failure is not None or self._connection.lost.is_set():
            raise BrokerUnavailableError(f"NATS: {self._failure or 'the connection was lost'}")
