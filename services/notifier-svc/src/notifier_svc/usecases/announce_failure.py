"""Tell everybody that a delivery was given up."""

from datetime import datetime
from typing import Final
from uuid import UUID

from leadwire.contracts import NotificationFailed, new_event, to_message
from leadwire.outbox import OutgoingEvent
from notifier_svc.domain.deliveries import DeliveryKind

SOURCE: Final = "leadwire/notifier-svc"


def notification_failed(
    *,
    delivery_id: UUID,
    kind: DeliveryKind,
    event_id: str,
    lead_id: UUID | None,
    attempts: int,
    reason: str,
    failed_at: datetime,
) -> OutgoingEvent:
    """Make the event that says so."""
    data = NotificationFailed(
        delivery_id=delivery_id,
        kind=kind,
        event_id=event_id,
        lead_id=lead_id,
        attempts=attempts,
        reason=reason,
        failed_at=failed_at,
    )
    event = new_event(data, source=SOURCE, subject=lead_id)
    return OutgoingEvent(to_message(event), lead_id)
