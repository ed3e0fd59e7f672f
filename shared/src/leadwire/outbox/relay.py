"""Publish what stands in the outbox.

One relay per service leads, by an advisory lock; the others stand by. The leader claims
the oldest events, publishes them as one batch, and deletes what the broker accepted.
It claims nothing later until the whole batch is settled:

- `Accepted`: deleted. A crash before the delete publishes it again, with the same id,
  and the consumers' inboxes drop it.
- `Unknown`, a passing `Rejected`, `Unroutable`: published again, after a jittered
  backoff, with the same id, for as long as it takes. A broker outage never parks.
  Each time the rows are read again: what was withdrawn or redacted meanwhile, as of a
  lead that was erased, is not told once the broker is back.
- A permanent `Rejected` is poison: no other attempt could help, so the row gets its
  `parked_at` and the rest goes on.

So events about one lead are first published in the order of their ids, and no batch
begins before the one before it is settled. Within a batch all are sent before the
first answer is awaited: an event that is refused, or unheard of, is published again
and may come after later ones of its batch, of the same lead too. What keeps an older
state from overwriting a newer one (G8) is the `rev` that every event carries: consumers
go by it, not by the order of arrival.

NOTIFY only wakes the leader; the poll is the truth. No transaction is open, and no
connection taken from the pool, while the broker is spoken to.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, wait_random_exponential

from leadwire.broker import (
    Accepted,
    Broker,
    BrokerError,
    Message,
    Outcome,
    Rejected,
    Unknown,
    Unroutable,
)
from leadwire.db import Database, LeaderLock, Listener, is_transient
from leadwire.lifecycle import BackgroundTask
from leadwire.observability import spans_are_recorded
from leadwire.outbox._gauges import OutboxGauges
from leadwire.outbox._publications import record_publications
from leadwire.outbox._store import OutboxStore, PendingEvent
from leadwire.outbox.metrics import RelayMetrics

log = structlog.get_logger(__name__)

BACKOFF_START: Final = 0.1
BACKOFF_CAP: Final = 5.0
MAX_BATCH_BYTES: Final = 4 * 1024**2
"""After which a batch gets no further event: an import's events are large, and all are held."""


class _UnsettledError(Exception):
    """A part of the batch was not taken yet."""


class Relay:
    """Publishes the outbox of one service, in every replica, in one at a time.

    Args:
        database: Of the service whose outbox it is.
        broker: Where to publish; started before the relay.
        metrics: Told about every batch and, by the leader, about the backlog.
        batch_size: Most events claimed and published together.
        poll_interval: Seconds after which the leader looks without being woken.
        measure_interval: Seconds between two measurements of the backlog.
    """

    def __init__(
        self,
        *,
        database: Database,
        broker: Broker,
        metrics: RelayMetrics,
        batch_size: int = 500,
        poll_interval: float = 1.0,
        measure_interval: float = 5.0,
    ) -> None:
        self._broker = broker
        self._metrics = metrics
        self._batch_size = batch_size
        self._poll_interval = poll_interval
        self._store = OutboxStore(database)
        self._gauges = OutboxGauges(store=self._store, metrics=metrics, interval=measure_interval)
        self._wake = asyncio.Event()
        self._listener = Listener(
            database=database,
            channels=[f"{database.schema}_outbox"],
            on_notify=lambda _channel, _payload: self._wake.set(),
        )
        self._leadership = LeaderLock(database=database, name="outbox relay")
        self._task = BackgroundTask(name="outbox relay", body=self._run)

    async def start(self) -> None:
        """Listen, and stand for leader."""
        await self._listener.start()
        await self._task.start()

    async def stop(self) -> None:
        """Stop publishing and let another replica lead."""
        await self._task.stop()
        await self._listener.stop()

    async def wait(self) -> None:
        """Return once stopped; raise what ended the relay otherwise."""
        await asyncio.gather(self._task.wait(), self._listener.wait())

    async def _run(self) -> None:
        await self._leadership.run(self._lead)

    async def _lead(self) -> None:
        log.info("outbox_relay_leads")
        try:
            async with asyncio.TaskGroup() as parts:
                parts.create_task(self._gauges.run(), name="outbox gauges")
                parts.create_task(self._publish_for_ever(), name="outbox publisher")
        except ExceptionGroup as failed:
            # The lock, and whoever reads why the process ended, go by the first error itself.
            raise failed.exceptions[0] from failed

    async def _publish_for_ever(self) -> None:
        while True:
            self._wake.clear()  # before the claim: what is added during it wakes again
            if not await self._publish_next_batch():
                await self._until_woken()

    async def _until_woken(self) -> None:
        try:
            async with asyncio.timeout(self._poll_interval):
                await self._wake.wait()
        except TimeoutError:
            pass  # the poll is the truth: a wake-up may have been lost

    async def _publish_next_batch(self) -> bool:
        """Settle the oldest events; tell whether there may be more to publish at once."""
        try:
            batch = await self._store.claim(self._batch_size, most_bytes=MAX_BATCH_BYTES)
            if batch:
                await self._settle(batch)
        except Exception as error:
            if not is_transient(error):
                raise
            # Whatever was not deleted is claimed and published again, with the same ids.
            log.warning("outbox_unreachable", error=type(error).__name__)
            return False
        return len(batch) == self._batch_size or _bytes_of(batch) >= MAX_BATCH_BYTES

    async def _settle(self, batch: Sequence[PendingEvent]) -> None:
        """Publish until every event of the batch is accepted or parked."""
        failed: Sequence[PendingEvent] = ()
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(_UnsettledError),
            wait=wait_random_exponential(multiplier=BACKOFF_START, max=BACKOFF_CAP),
        ):
            with attempt:
                events = await self._store.read_again(failed) if failed else batch
                failed = await self._attempt(events) if events else ()
                if failed:
                    raise _UnsettledError

    async def _attempt(self, events: Sequence[PendingEvent]) -> list[PendingEvent]:
        """Publish once, write down what came of it, and return what is left."""
        outcomes = await self._publish([event.message for event in events])
        answered = list(zip(events, outcomes, strict=True))
        await self._store.delete([event for event, said in answered if isinstance(said, Accepted)])
        refused = [
            (event, said.reason)
            for event, said in answered
            if isinstance(said, Rejected) and said.permanent
        ]
        await self._park(refused)
        failed = [(event, why) for event, said in answered if (why := _passing_failure(said))]
        await self._note(failed)
        return [event for event, _ in failed]

    async def _publish(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        began, started_ns = time.perf_counter(), time.time_ns()
        outcomes: Sequence[Outcome]
        try:
            outcomes = await self._broker.publish(messages)
        except BrokerError as error:
            outcomes = [Unknown(str(error))] * len(messages)
        self._metrics.published(outcomes, seconds=time.perf_counter() - began)
        if spans_are_recorded():
            record_publications(
                zip(messages, outcomes, strict=True),
                started_ns=started_ns,
                ended_ns=time.time_ns(),
            )
        return outcomes

    async def _park(self, refused: Sequence[tuple[PendingEvent, str]]) -> None:
        await self._store.park(refused)
        for event, reason in refused:
            log.error(
                "outbox_event_parked",
                event_id=event.message.id,
                event_type=event.message.type,
                reason=reason,
            )

    async def _note(self, failed: Sequence[tuple[PendingEvent, str]]) -> None:
        if not failed:
            return
        await self._store.note_failures(failed)
        event, reason = failed[0]
        log.error(
            "outbox_events_not_accepted",
            events=len(failed),
            first_event_id=event.message.id,
            first_event_type=event.message.type,
            first_reason=reason,
        )


def _bytes_of(batch: Sequence[PendingEvent]) -> int:
    return sum(len(event.message.body) for event in batch)


def _passing_failure(outcome: Outcome) -> str | None:
    """Say why an event has to be published again; None if it has not."""
    match outcome:
        case Unknown(reason=reason):
            return f"unknown: {reason}"
        case Unroutable():
            return "unroutable: no queue takes events of this type; declare the topology"
        case Rejected(reason=reason, permanent=False):
            return f"rejected: {reason}"
        case _:
            return None
