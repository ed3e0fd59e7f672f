"""Work a replay off, step by step.

A step sends one batch, and everything about it stands in the replay's row: whoever does the next
step, in this process or another one, goes on there. What is kept between two steps, how often the
last ones failed and how far the journal was, is only for speed.
"""

from dataclasses import dataclass, field, replace
from random import SystemRandom
from typing import Final, Protocol

import structlog

from leadwire.db import Database
from notifier_svc.domain.journal import JournalEntry
from notifier_svc.domain.replays import HeldUpBy, Replay, ReplayFailure, ReplayStatus
from notifier_svc.storage.journal import JournalStore
from notifier_svc.storage.replays import ReplayStore
from notifier_svc.usecases.await_journal import JournalWait, JournalWatch

log = structlog.get_logger(__name__)

LOOK_AGAIN: Final = 0.2
"""Seconds after which a reader may have caught up, or the journal."""

MAX_BATCH: Final = 100
MAX_BATCH_BYTES: Final = 4 * 1024**2
MOST_COUNTED: Final = 250_000
"""Where a range holds more, its events are not counted: that would take too long."""

_BACKOFF_START: Final = 0.2
_BACKOFF_CAP: Final = 15.0
_random = SystemRandom()


class Reader(Protocol):
    """Who gets replayed events."""

    async def hindrance(self, replay: Replay) -> HeldUpBy | ReplayFailure | None:
        """Say why nothing may be sent now, before it is tried."""
        ...

    async def send(
        self, replay: Replay, page: list[JournalEntry]
    ) -> HeldUpBy | ReplayFailure | None:
        """Send a page, move the replay on behind what is sent, say what hindered the rest."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayPace:
    """How fast a replay goes.

    Attributes:
        batch: Most events of a step.
        rate: Most events a second.
    """

    batch: int
    rate: int


@dataclass(slots=True)
class Standing:
    """What is known of a replay from its last steps.

    Attributes:
        due: When its next step may be done, by the event loop's clock.
        failures: Steps in turn that the broker did not take.
        is_complete: Whether the journal has all that it is to send.
        wait: What was seen of that.
    """

    due: float = 0.0
    failures: int = 0
    is_complete: bool = False
    wait: JournalWait = field(default_factory=JournalWait)


class Replayer:
    """Does the steps of replays.

    Args:
        database: Of the service.
        subscriptions: Gets what is for a subscription.
        webhooks: Gets what is for a webhook.
        journal: Tells whether the journal has all.
        pace: How fast it goes.
    """

    def __init__(
        self,
        *,
        database: Database,
        subscriptions: Reader,
        webhooks: Reader,
        journal: JournalWatch,
        pace: ReplayPace,
    ) -> None:
        self._database = database
        self._subscriptions = subscriptions
        self._webhooks = webhooks
        self._journal = journal
        self._pace = pace

    async def running(self) -> list[Replay]:
        """Return the replays that are to be worked off, oldest first."""
        async with self._database.connection() as connection:
            return await ReplayStore(connection=connection).running()

    async def step(self, replay: Replay, standing: Standing) -> float:
        """Do one step; return the seconds until the next one may be done.

        Raises:
            DatabaseError: The database failed; the step is done again.
        """
        reader = self._webhooks if replay.order.subscription is None else self._subscriptions
        hindrance = await reader.hindrance(replay)
        page: list[JournalEntry] = []
        if hindrance is None:
            replay = await self._counted(replay)
            page = await self._page(replay)
            hindrance = await reader.send(replay, page) if page else None
        if isinstance(hindrance, ReplayFailure):
            await self.fail(replay, hindrance)
            return 0
        await self._tell(replay, hindrance)
        if hindrance is not None:
            return _pause(hindrance, standing)
        standing.failures = 0
        if not page:
            return await self._end_if_complete(replay, standing)
        return len(page) / self._pace.rate

    async def fail(self, replay: Replay, failure: ReplayFailure) -> None:
        """End a replay that cannot go on."""
        await self._end(replay, ReplayStatus.FAILED, failure)

    async def _counted(self, replay: Replay) -> Replay:
        if replay.total is not None or replay.settled:
            return replay
        async with self._database.connection() as connection:
            total = await JournalStore(connection=connection).count(
                replay.selection, up_to=MOST_COUNTED
            )
            if total == MOST_COUNTED:
                return replay
            await ReplayStore(connection=connection).note_total(replay.id, total)
        return replace(replay, total=total)

    async def _page(self, replay: Replay) -> list[JournalEntry]:
        async with self._database.connection() as connection:
            entries, _ = await JournalStore(connection=connection).page(
                replay.selection,
                after=replay.place,
                limit=self._pace.batch,
                max_bytes=MAX_BATCH_BYTES,
            )
        return entries

    async def _tell(self, replay: Replay, hindrance: HeldUpBy | None) -> None:
        if replay.held_up_by is not hindrance:
            async with self._database.connection() as connection:
                await ReplayStore(connection=connection).hold_up(replay.id, hindrance)

    async def _end_if_complete(self, replay: Replay, standing: Standing) -> float:
        # First the journal must be seen to have all, then a page must be empty once more.
        if standing.is_complete:
            await self._end(replay, ReplayStatus.COMPLETED)
            return 0
        standing.is_complete = await self._journal.has_all(replay, standing.wait)
        return 0 if standing.is_complete else LOOK_AGAIN

    async def _end(
        self, replay: Replay, status: ReplayStatus, failure: ReplayFailure | None = None
    ) -> None:
        async with self._database.connection() as connection:
            await ReplayStore(connection=connection).end(replay.id, status, failure)
        code = None if failure is None else failure.code
        log.info("replay_ended", replay_id=str(replay.id), status=status, code=code)


def _pause(hindrance: HeldUpBy, standing: Standing) -> float:
    if hindrance is HeldUpBy.BACKLOG:
        return LOOK_AGAIN
    standing.failures += 1
    longest = min(_BACKOFF_START * 2 ** min(standing.failures, 20), _BACKOFF_CAP)
    return _random.uniform(longest / 2, longest)
