"""Make room for the days to come, and forget what is old enough."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from leadwire.db import Database, again_while_away, is_transient
from leadwire.lifecycle import PeriodicTask
from notifier_svc.mail import EmailTransport
from notifier_svc.storage.deliveries import DeliveryStore
from notifier_svc.storage.journal import JournalStore
from notifier_svc.storage.replays import ReplayStore
from notifier_svc.storage.webhooks import WebhookStore

log = structlog.get_logger(__name__)

DAYS_AHEAD: Final = 7
"""Partitions that are there before they are needed: so long may this loop fail unnoticed."""

_START_WITHIN: Final = 40.0
"""Seconds that a start waits for a database that has gone away since it was connected."""

_PRUNED_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long what is kept."""

    journal: timedelta
    deliveries: timedelta
    replays: timedelta


class HouseKeeping(PeriodicTask):
    """Keeps the journal's partitions, and forgets all else that is old enough.

    Args:
        database: Of the service.
        transport: May keep emails of its own.
        retention: How long what is kept.
        interval: Seconds between two rounds.
    """

    def __init__(
        self,
        *,
        database: Database,
        transport: EmailTransport,
        retention: Retention,
        interval: float = 3600.0,
    ) -> None:
        self._database = database
        self._transport = transport
        self._retention = retention
        super().__init__(
            name="notifier housekeeping", interval=interval, body=self._round, passes=_passes
        )

    async def start(self) -> None:
        """Make the next partitions, so that events can be taken; go on in the background.

        No more: whoever reads the whole journal meanwhile, as a backup does, keeps partitions from
        being made and dropped. It must not keep the service from starting, too.
        """
        await again_while_away(self._add_next_days, within=_START_WITHIN)
        await super().start()

    async def keep_house(self) -> None:
        """Do one round; a step that cannot be done now keeps no other one from being done."""
        for step in (
            self._drop_days,
            self._add_days,
            self._prune_deliveries,
            self._forget_kept_events,
            self._prune_replays,
            self._prune_webhooks,
            self._forget_emails,
        ):
            await _try(step)

    async def _add_next_days(self) -> None:
        async with self._database.transaction() as connection:
            store = JournalStore(connection=connection)
            today = await store.today()
            await store.add_days(today, today + timedelta(days=1))

    async def _forget_emails(self) -> None:
        emails = await self._transport.forget(older_than=self._retention.deliveries)
        log.debug("old_emails_forgotten", emails=emails)
        # An email may have been written while its lead was erased, or by another replica.
        if kept := await self._transport.kept_leads():
            async with self._database.connection() as connection:
                erased = await JournalStore(connection=connection).erased_among(kept)
            await self._transport.forget_leads(erased)

    async def _round(self) -> bool:
        await self.keep_house()
        return False

    async def _drop_days(self) -> None:
        async with self._database.transaction() as connection:
            store = JournalStore(connection=connection)
            await store.lock_for_recording()
            await store.wait_briefly()
            dropped = await store.drop_days_before(await store.today() - self._retention.journal)
        log.debug("journal_days_dropped", days=dropped)

    async def _add_days(self) -> None:
        async with self._database.transaction() as connection:
            store = JournalStore(connection=connection)
            await store.wait_briefly()
            today = await store.today()
            added = await store.add_days(today, today + timedelta(days=DAYS_AHEAD))
        log.debug("journal_days_added", days=added)

    async def _prune_deliveries(self) -> None:
        pruned = _PRUNED_AT_ONCE
        while pruned == _PRUNED_AT_ONCE:
            async with self._database.connection() as connection:
                pruned = await DeliveryStore(connection=connection).prune(
                    older_than=self._retention.deliveries, limit=_PRUNED_AT_ONCE
                )

    async def _forget_kept_events(self) -> None:
        async with self._database.connection() as connection:
            await JournalStore(connection=connection).forget_kept()

    async def _prune_replays(self) -> None:
        async with self._database.connection() as connection:
            await ReplayStore(connection=connection).prune(older_than=self._retention.replays)

    async def _prune_webhooks(self) -> None:
        async with self._database.connection() as connection:
            await WebhookStore(connection=connection).prune(older_than=self._retention.deliveries)


async def _try(step: Callable[[], Awaitable[None]]) -> None:
    try:
        await step()
    except Exception as error:
        if not _passes(error):
            raise
        name = getattr(step, "__name__", "").strip("_")
        log.warning("housekeeping_step_failed", step=name, error=type(error).__name__)


def _passes(error: Exception) -> bool:
    """A full or missing disk (OSError) passes, as a lost database does."""
    return is_transient(error) or isinstance(error, OSError)
