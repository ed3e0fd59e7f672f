"""The queue of events for webhooks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from leadwire.db import Connection
from notifier_svc.domain.attempts import OPENS_AFTER, EventDelivery, Outcome
from notifier_svc.domain.deliveries import DeliveryStatus
from notifier_svc.storage.queries import QUERIES

FIRST_BREAK: Final = timedelta(seconds=5)
LONGEST_BREAK: Final = timedelta(minutes=5)

_UNWANTED: Final = "the webhook is disabled or deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueDelivery:
    """A delivery that was given up with its endpoint."""

    id: UUID
    event_id: str
    event_type: str
    about: str | None
    attempts: int
    last_error: str
    updated_at: datetime


class WebhookDeliveryStore:
    """Deliveries to webhooks, claimed and settled.

    Args:
        connection: Every method runs in its transaction, if there is one.
    """

    def __init__(self, *, connection: Connection) -> None:
        self._connection = connection

    async def claim(
        self, *, in_use: Mapping[UUID, int], room: int, lease: timedelta
    ) -> list[EventDelivery]:
        """Take what is due; it is due again when the lease ends.

        Args:
            in_use: How many deliveries to each webhook are under way in this process.
            room: How many there may be.
            lease: For how long they are taken.
        """
        rows = await self._connection.fetch(
            QUERIES["claim_webhook_deliveries"],
            list(in_use),
            list(in_use.values()),
            room,
            OPENS_AFTER,
            lease,
        )
        return [EventDelivery(**row) for row in rows]

    async def settle(self, outcomes: Sequence[Outcome]) -> dict[UUID, datetime]:
        """Write down what came of deliveries; return when, of those that were still ours."""
        rows = await self._connection.fetch(
            QUERIES["settle_webhook_deliveries"],
            [each.delivery.id for each in outcomes],
            [each.delivery.attempts for each in outcomes],
            [each.status for each in outcomes],
            [each.delay for each in outcomes],
            [each.answer for each in outcomes],
            [each.error for each in outcomes],
        )
        return {row["id"]: row["updated_at"] for row in rows}

    async def park_overdue(
        self, *, retry_for: timedelta, error: str, limit: int
    ) -> list[OverdueDelivery]:
        """Give up what waits for longer behind an endpoint that fails for longer."""
        rows = await self._connection.fetch(
            QUERIES["park_overdue_deliveries"], retry_for, limit, error
        )
        return [OverdueDelivery(**row) for row in rows]

    async def cancel_unwanted(self, *, limit: int) -> int:
        """Cancel what waits in vain, as its webhook is disabled or deleted; return how many."""
        status = await self._connection.execute(
            QUERIES["cancel_unwanted_deliveries"], limit, _UNWANTED
        )
        return int(status.rpartition(" ")[2])

    async def count_down(self) -> int:
        """Count the webhooks whose endpoints count as down."""
        down: int = await self._connection.fetchval(QUERIES["count_webhooks_down"], OPENS_AFTER)
        return down

    async def note_health(self, outcomes: Sequence[Outcome]) -> None:
        """Write down what outcomes tell of their endpoints."""
        by_webhook: dict[UUID, list[Outcome]] = {}
        for each in outcomes:
            by_webhook.setdefault(each.delivery.webhook_id, []).append(each)
        groups = list(by_webhook.values())
        await self._connection.execute(
            QUERIES["note_webhook_health"],
            list(by_webhook),
            [any(each.status is DeliveryStatus.DELIVERED for each in group) for group in groups],
            [sum(each.counts for each in group) for group in groups],
            [any(each.delivery.probes for each in group) for group in groups],
            [max((each.pause for each in group if each.pause), default=None) for group in groups],
            [any(each.gone for each in group) for group in groups],
            OPENS_AFTER,
            FIRST_BREAK,
            LONGEST_BREAK,
        )
