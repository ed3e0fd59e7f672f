"""Write down what came of attempts to deliver events to webhooks."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import structlog

from leadwire.contracts import EventType
from leadwire.db import Database, again_if_rolled_back
from leadwire.outbox import Outbox, OutgoingEvent
from notifier_svc.domain.attempts import Outcome
from notifier_svc.domain.deliveries import DeliveryKind, DeliveryStatus
from notifier_svc.storage.webhook_deliveries import WebhookDeliveryStore
from notifier_svc.usecases.announce_failure import notification_failed

log = structlog.get_logger(__name__)


async def settle_attempts(database: Database, outbox: Outbox, outcomes: Sequence[Outcome]) -> None:
    """Write outcomes down, and announce what is given up, in one transaction.

    Where all is as expected, that is one statement. (A success of an endpoint that began to fail
    meanwhile does not reset that; the next one does.)
    """

    async def work() -> None:
        if all(each.is_expected for each in outcomes):
            async with database.connection() as connection:
                await WebhookDeliveryStore(connection=connection).settle(outcomes)
            return
        async with database.transaction() as connection:
            store = WebhookDeliveryStore(connection=connection)
            moments = await store.settle(outcomes)
            await store.note_health(outcomes)
            if failures := list(_failures(outcomes, moments)):
                await outbox.add(connection, failures)

    await again_if_rolled_back(work)
    for each in outcomes:
        if each.gone:
            log.warning("webhook_disabled", webhook_id=str(each.delivery.webhook_id), reason="gone")


def _failures(
    outcomes: Sequence[Outcome], moments: Mapping[UUID, datetime]
) -> Iterator[OutgoingEvent]:
    for each in outcomes:
        delivery = each.delivery
        failed_at = moments.get(delivery.id)
        if failed_at is None or each.status is not DeliveryStatus.PARKED:
            continue
        if is_announced(delivery.event_type):
            yield notification_failed(
                delivery_id=delivery.id,
                kind=DeliveryKind.WEBHOOK,
                event_id=delivery.event_id,
                lead_id=delivery.lead_id,
                attempts=delivery.attempts,
                reason=each.error or "",
                failed_at=failed_at,
            )


def is_announced(event_type: str) -> bool:
    """Tell whether the failure to send an event is announced by another.

    Not that of such an announcement: a webhook that takes them and is down would have a new one
    to fail at for each that it has not got.
    """
    return event_type != EventType.NOTIFICATION_FAILED
