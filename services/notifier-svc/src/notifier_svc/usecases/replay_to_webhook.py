"""Plan that a webhook gets events of the journal once more.

Deliveries are planned, and the replay moves on behind them, in one transaction: each event is
planned once. They are made as any others.
"""

from collections.abc import Sequence
from uuid import UUID

from leadwire.db import Database
from notifier_svc.domain.errors import WebhookDisabledError, WebhookNotFoundError
from notifier_svc.domain.journal import JournalEntry
from notifier_svc.domain.replays import HeldUpBy, Replay, ReplayFailure, Settled
from notifier_svc.metrics import NotifierMetrics
from notifier_svc.storage.replays import ReplayStore
from notifier_svc.storage.webhooks import WebhookStore


class WebhookReader:
    """Gives replayed events to a webhook.

    Args:
        database: Of the service.
        metrics: Counts.
        max_backlog: So many deliveries that wait for a webhook are enough.
    """

    def __init__(self, *, database: Database, metrics: NotifierMetrics, max_backlog: int) -> None:
        self._database = database
        self._metrics = metrics
        self._max_backlog = max_backlog

    async def hindrance(self, replay: Replay) -> HeldUpBy | ReplayFailure | None:
        """Say why nothing may be planned now."""
        webhook_id = _id(replay)
        async with self._database.connection() as connection:
            try:
                await WebhookStore(connection=connection).find_wanting(webhook_id)
            except (WebhookNotFoundError, WebhookDisabledError) as error:
                return ReplayFailure(code=error.code, detail=str(error))
            pending = await ReplayStore(connection=connection).pending_at(
                webhook_id, up_to=self._max_backlog
            )
        return HeldUpBy.BACKLOG if pending >= self._max_backlog else None

    async def send(self, replay: Replay, page: Sequence[JournalEntry]) -> None:
        """Plan what may be sent of a page, and move the replay on behind it."""
        sendable = [entry for entry in page if entry.body is not None]
        settled = Settled(
            place=page[-1].place,
            reached_at=page[-1].received_at,
            sent=len(sendable),
            skipped=len(page) - len(sendable),
        )
        async with self._database.transaction() as connection:
            store = ReplayStore(connection=connection)
            if not await store.move_on(replay, settled):
                return
            await store.plan_deliveries(_id(replay), sendable)
        self._metrics.replayed(settled.sent, to="webhook")


def _id(replay: Replay) -> UUID:
    if replay.order.webhook_id is None:
        raise LookupError(f"replay {replay.id} is for no webhook")
    return replay.order.webhook_id
