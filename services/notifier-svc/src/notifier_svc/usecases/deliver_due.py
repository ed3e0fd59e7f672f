"""Try the deliveries that are due."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from leadwire.contracts import NotificationFailed, new_event, to_message
from leadwire.db import Database
from leadwire.outbox import Outbox, OutgoingEvent
from notifier_svc.domain.deliveries import DueDelivery, delay_after
from notifier_svc.mail import EmailNotSentError, EmailTransport, OutgoingEmail
from notifier_svc.metrics import NotifierMetrics
from notifier_svc.storage.deliveries import DeliveryStore

log = structlog.get_logger(__name__)

SOURCE: Final = "leadwire/notifier-svc"
AT_ONCE: Final = 16
"""Emails under way at the same time, so that one that hangs does not delay the others much."""

LEASE_MARGIN: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailPolicy:
    """How emails are tried.

    Attributes:
        sender: Mailbox in `From`.
        max_attempts: After this many failures an email is parked.
        send_within: Seconds that one attempt may take.
    """

    sender: str
    max_attempts: int
    send_within: float


class Deliverer:
    """Sends what is due and writes down what came of it.

    Args:
        database: Of the service.
        outbox: Takes `notification_failed`.
        transport: Sends.
        policy: How.
        metrics: Counts.
    """

    def __init__(
        self,
        *,
        database: Database,
        outbox: Outbox,
        transport: EmailTransport,
        policy: EmailPolicy,
        metrics: NotifierMetrics,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._transport = transport
        self._policy = policy
        self._metrics = metrics

    async def deliver_due(self) -> bool:
        """Try some of the deliveries that are due; tell whether there may be more."""
        lease = timedelta(seconds=self._policy.send_within) + LEASE_MARGIN
        async with self._database.connection() as connection:
            due = await DeliveryStore(connection=connection).claim_due(limit=AT_ONCE, lease=lease)
        results = await asyncio.gather(*map(self._deliver, due), return_exceptions=True)
        for result in results:
            if result is not None:
                raise result
        return len(due) == AT_ONCE

    async def _deliver(self, delivery: DueDelivery) -> None:
        try:
            await self._send(delivery)
        except EmailNotSentError as error:
            await self._failed(delivery, error)
        else:
            async with self._database.connection() as connection:
                await DeliveryStore(connection=connection).mark_delivered(delivery.id)
            self._metrics.delivered(delivery.kind)
            log.info("email_delivered", delivery_id=str(delivery.id), kind=delivery.kind)

    async def _send(self, delivery: DueDelivery) -> None:
        email = OutgoingEmail(
            key=delivery.key,
            sender=self._policy.sender,
            recipient=delivery.recipient,
            subject=delivery.subject,
            text=delivery.body,
            created_at=delivery.created_at,
        )
        try:
            async with asyncio.timeout(self._policy.send_within):
                await self._transport.send(email)
        except TimeoutError:
            raise EmailNotSentError(f"not sent within {self._policy.send_within:g} s") from None

    async def _failed(self, delivery: DueDelivery, error: EmailNotSentError) -> None:
        gives_up = error.permanent or delivery.attempts >= self._policy.max_attempts
        log.warning(
            "email_not_sent",
            delivery_id=str(delivery.id),
            kind=delivery.kind,
            attempts=delivery.attempts,
            reason=str(error),
            parked=gives_up,
        )
        self._metrics.failed(delivery.kind, parked=gives_up)
        if gives_up:
            await self._park(delivery, str(error))
        else:
            await self._postpone(delivery.id, delay_after(delivery.attempts), str(error))

    async def _postpone(self, delivery_id: UUID, delay: timedelta, reason: str) -> None:
        async with self._database.connection() as connection:
            store = DeliveryStore(connection=connection)
            await store.postpone(delivery_id, delay=delay, error=reason)

    async def _park(self, delivery: DueDelivery, reason: str) -> None:
        """Park the delivery and say so to everybody, in one transaction."""
        async with self._database.transaction() as connection:
            store = DeliveryStore(connection=connection)
            failed_at = await store.park(delivery.id, error=reason)
            if failed_at is None:
                return
            data = NotificationFailed(
                delivery_id=delivery.id,
                kind=delivery.kind,
                event_id=delivery.event_id,
                lead_id=delivery.lead_id,
                attempts=delivery.attempts,
                reason=reason,
                failed_at=failed_at,
            )
            event = new_event(data, source=SOURCE, subject=delivery.lead_id)
            await self._outbox.add(connection, [OutgoingEvent(to_message(event), delivery.lead_id)])
