"""The queue of emails."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from leadwire.db import Connection
from notifier_svc.domain.deliveries import DeliveryKind, EmailDelivery, PlannedEmail
from notifier_svc.storage.queries import QUERIES


class EmailDeliveryStore:
    """Deliveries by email, planned, claimed and settled.

    Args:
        connection: Every method runs in its transaction, if there is one.
    """

    def __init__(self, *, connection: Connection) -> None:
        self._connection = connection

    async def plan(self, emails: Sequence[PlannedEmail]) -> None:
        """Add emails; one that is planned already stays as it is."""
        await self._connection.executemany(
            QUERIES["plan_email"],
            [
                (
                    uuid7(),
                    planned.source,
                    planned.event_id,
                    planned.kind,
                    planned.lead_id,
                    planned.recipient,
                    planned.subject,
                    planned.body,
                    planned.html,
                )
                for planned in emails
            ],
        )

    async def claim_due(self, *, limit: int, lease: timedelta) -> list[EmailDelivery]:
        """Take emails that are due; they are due again when the lease ends."""
        rows = await self._connection.fetch(QUERIES["claim_emails"], limit, lease)
        return [EmailDelivery(**{**row, "kind": DeliveryKind(row["kind"])}) for row in rows]

    async def park_waiting(self, *, error: str) -> int:
        """Give up whatever waits, until somebody decides; return how many emails that are."""
        return len(await self._connection.fetch(QUERIES["park_waiting_emails"], error))

    async def mark_delivered(self, delivery_id: UUID) -> None:
        """Note that the email is in other hands."""
        await self._connection.execute(QUERIES["mark_email_delivered"], delivery_id)

    async def postpone(self, delivery: EmailDelivery, *, delay: timedelta, error: str) -> None:
        """Have an email tried again after the delay, if it is still ours."""
        await self._connection.execute(
            QUERIES["postpone_email"], delivery.id, delay, error, delivery.attempts
        )

    async def park(self, delivery: EmailDelivery, *, error: str) -> datetime | None:
        """Give an email up; return when, or None if it is ours no longer."""
        at: datetime | None = await self._connection.fetchval(
            QUERIES["park_email"], delivery.id, error, delivery.attempts
        )
        return at

    async def cancel_for_lead(self, lead_id: UUID) -> None:
        """Cancel what is pending for a lead, and take its personal data out of all."""
        await self._connection.execute(QUERIES["cancel_deliveries_of_lead"], lead_id)
