"""Look at parked events, requeue them, discard them.

A delivery is requeued by publishing it to its subscription alone, and deleted only after the broker
has accepted it; its attempts begin anew. Killed between the two, it is delivered and still parked:
requeued once more, the consumer's inbox sees to one effect. The deletion spares what was parked
anew meanwhile, by a consumer that was quick and failed again. If the event's lead is erased
meanwhile, the consumer drops what it tells of the lead, and redacts it if it parks it again.

An event that is parked in the outbox is given back to the relay, by one statement.

What was decided is noted in the transaction that deletes the event. So who repeats his request,
since the answer was lost, gets the same answer again; and of two operators who decide otherwise,
the second is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import structlog

from leadwire.broker import Accepted, Broker, BrokerError, Outcome, Rejected, Unknown, Unroutable
from leadwire.ops.errors import (
    AlreadyDecidedError,
    BrokerAwayError,
    NotPublishableError,
    OpsError,
    ParkedEventNotFoundError,
    SubscriptionMissingError,
)
from leadwire.outbox import (
    Decision,
    DecisionKind,
    ParkedEvent,
    ParkedFilter,
    ParkedId,
    ParkedStore,
    Place,
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The part of what is parked that is still to be requeued.

    What is parked after the beginning has a larger row, and is left for the next time: so it
    ends, also if all of it fails again.

    Attributes:
        place: Which place comes next.
        after: The last row of it that was done.
        newest_delivery: The last row that counts of parked deliveries.
        newest_publication: The last row that counts of the outbox.
    """

    place: Place
    after: int
    newest_delivery: int
    newest_publication: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Requeued:
    """What one batch came to.

    Attributes:
        count: Events that were requeued.
        refused: Why the broker will never take others; they are parked as before.
        rest: What is left; None if nothing is.
    """

    count: int
    refused: Mapping[ParkedId, OpsError]
    rest: Span | None


class ParkedDesk:
    """What operators do with the parked events of one service.

    Args:
        service: Its name, for the log.
        store: Where they are.
        broker: Where deliveries are published again.
    """

    def __init__(self, *, service: str, store: ParkedStore, broker: Broker) -> None:
        self._service = service
        self._store = store
        self._broker = broker

    async def page(
        self, chosen: ParkedFilter, *, after: ParkedId | None, limit: int
    ) -> Sequence[ParkedEvent]:
        """Return parked events without bodies, deliveries first, each kind oldest first."""
        return await self._store.page(chosen, after=after, limit=limit)

    async def decisions(self, *, before: int | None, limit: int) -> Sequence[Decision]:
        """Return what operators decided, newest first."""
        return await self._store.decisions(before=before, limit=limit)

    async def one(self, parked_id: ParkedId) -> ParkedEvent:
        """Return a parked event with its body.

        Raises:
            ParkedEventNotFoundError: It is not there.
        """
        found = await self._store.one(parked_id)
        if found is None:
            raise ParkedEventNotFoundError(parked_id)
        return found

    async def requeue(self, parked_id: ParkedId) -> Decision:
        """Have an event handled, or published, again.

        Raises:
            ParkedEventNotFoundError: It is not there.
            AlreadyDecidedError: It was discarded.
            BrokerAwayError: Try again later.
            SubscriptionMissingError: Nobody would get it.
            NotPublishableError: The broker will never take it.
        """
        row = parked_id.row
        if parked_id.place is Place.OUTBOX:
            decisions = await self._store.requeue_publications(
                after=row - 1, newest=row, event_type=None, limit=1
            )
        else:
            events = await self._store.deliveries(
                ParkedFilter(), after=row - 1, newest=row, limit=1
            )
            decisions, failures = await self._publish(events)
            for failure in failures.values():
                raise failure
        if not decisions:
            return await self._earlier(parked_id, DecisionKind.REQUEUED)
        self._tell(decisions)
        return decisions[0]

    async def begin(self, chosen: ParkedFilter) -> Span:
        """Return where to begin so that all those chosen that are parked now are requeued."""
        newest = await self._store.newest()
        only_deliveries = chosen.place is Place.CONSUMER or chosen.subscription is not None
        return Span(
            place=chosen.place or Place.CONSUMER,
            after=0,
            newest_delivery=newest[Place.CONSUMER],
            newest_publication=0 if only_deliveries else newest[Place.OUTBOX],
        )

    async def requeue_some(self, chosen: ParkedFilter, span: Span, *, limit: int) -> Requeued:
        """Requeue the next batch of those chosen.

        Args:
            chosen: Which, the same for all batches.
            span: What `begin` or the batch before left.
            limit: Most events.

        Raises:
            BrokerAwayError: Ask again with the same span; nothing is done twice.
        """
        if span.place is Place.OUTBOX:
            return await self._give_back(chosen, span, limit)
        events = await self._store.deliveries(
            chosen, after=span.after, newest=span.newest_delivery, limit=limit
        )
        decisions, failures = await self._publish(events)
        self._tell(decisions)
        for failure in failures.values():
            if isinstance(failure, BrokerAwayError):
                raise failure
        return Requeued(count=len(decisions), refused=failures, rest=_rest(span, events))

    async def discard(self, parked_id: ParkedId, *, reason: str) -> Decision:
        """Delete an event for good; its id and the reason stay.

        Raises:
            ParkedEventNotFoundError: It is not there.
            AlreadyDecidedError: It was requeued.
        """
        decision = await self._store.discard(parked_id, reason=reason)
        if decision is None:
            return await self._earlier(parked_id, DecisionKind.DISCARDED)
        self._tell([decision])
        return decision

    async def _give_back(self, chosen: ParkedFilter, span: Span, limit: int) -> Requeued:
        decisions = await self._store.requeue_publications(
            after=span.after,
            newest=span.newest_publication,
            event_type=chosen.type,
            limit=limit,
        )
        self._tell(decisions)
        rest = None
        if len(decisions) == limit:
            rest = replace(span, after=ParkedId.parse(decisions[-1].parked_id).row)
        return Requeued(count=len(decisions), refused={}, rest=rest)

    async def _publish(
        self, events: Sequence[ParkedEvent]
    ) -> tuple[Sequence[Decision], dict[ParkedId, OpsError]]:
        """Publish each to its subscription; return what was accepted, and why the rest was not."""
        accepted: list[ParkedEvent] = []
        failures: dict[ParkedId, OpsError] = {}
        ordered = sorted(events, key=lambda each: each.subscription or "")
        for subscription, group in groupby(ordered, key=lambda each: each.subscription):
            batch = list(group)
            for event, outcome in zip(
                batch, await self._outcomes(batch, subscription), strict=True
            ):
                if isinstance(outcome, Accepted):
                    accepted.append(event)
                else:
                    failures[event.id] = _failure(outcome, subscription)
        return await self._store.settle_requeued(accepted), failures

    async def _outcomes(
        self, batch: Sequence[ParkedEvent], subscription: str | None
    ) -> Sequence[Outcome]:
        try:
            return await self._broker.publish([each.message() for each in batch], only=subscription)
        except BrokerError as error:
            return [Unknown(str(error))] * len(batch)

    async def _earlier(self, parked_id: ParkedId, wanted: DecisionKind) -> Decision:
        """Return the decision that a repeated request has come to before."""
        decision = await self._store.decision_on(parked_id)
        if decision is None:
            raise ParkedEventNotFoundError(parked_id)
        if decision.decision is not wanted:
            raise AlreadyDecidedError(parked_id, decision.decision)
        return decision

    def _tell(self, decisions: Sequence[Decision]) -> None:
        for each in decisions:
            # Not with the reason: what people write may say more than it should.
            log.info(
                "parked_event_decided",
                decision=each.decision,
                service=self._service,
                parked_id=each.parked_id,
                subscription=each.subscription,
                event_id=each.event_id,
                event_type=each.type,
            )


def _rest(span: Span, done: Sequence[ParkedEvent]) -> Span | None:
    """Return what is left after a batch of deliveries; then come those of the outbox."""
    if done:
        return replace(span, after=done[-1].id.row)
    return replace(span, place=Place.OUTBOX, after=0) if span.newest_publication else None


def _failure(outcome: Outcome, subscription: str | None) -> OpsError:
    match outcome:
        case Unroutable():
            return SubscriptionMissingError(subscription)
        case Rejected(reason=reason, permanent=True):
            return NotPublishableError(reason)
        case Rejected(reason=reason) | Unknown(reason=reason):
            return BrokerAwayError(reason)
        case _:
            return BrokerAwayError(type(outcome).__name__)
