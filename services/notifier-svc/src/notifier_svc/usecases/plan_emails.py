"""Plan the emails that a new lead from the form asks for."""

from collections.abc import Iterator, Sequence

from leadwire.contracts import Contact
from leadwire.db import Connection
from notifier_svc.domain.deliveries import DeliveryKind, PlannedEmail
from notifier_svc.mail import Letters
from notifier_svc.storage.email_deliveries import EmailDeliveryStore
from notifier_svc.storage.journal import JournalStore


class EmailPlanner:
    """Writes a delivery row for each email, to be sent by the delivery loop.

    Args:
        letters: What the emails say.
        alert_to: Who is told of each lead; nobody if None.
    """

    def __init__(self, *, letters: Letters, alert_to: str | None) -> None:
        self._letters = letters
        self._alert_to = alert_to

    async def plan(
        self, connection: Connection, leads: Sequence[Contact], *, source: str, event_id: str
    ) -> None:
        """Plan an acknowledgement to each lead and an alert about it, unless it is erased.

        Args:
            connection: In the transaction that handles the event.
            leads: The leads that came in through the form.
            source: Of the event that told of them.
            event_id: Its id.
        """
        journal = JournalStore(connection=connection)
        await journal.lock_for_recording()
        erased = await journal.erased_among({lead.id for lead in leads})
        planned = [
            PlannedEmail(
                source=source,
                event_id=event_id,
                kind=kind,
                lead_id=lead.id,
                recipient=recipient,
                subject=letter.subject,
                body=letter.text,
                html=letter.html,
            )
            for lead in leads
            if lead.id not in erased
            for kind, recipient in self._recipients(lead)
            for letter in [self._letters.write(kind, lead)]
        ]
        await EmailDeliveryStore(connection=connection).plan(planned)

    def _recipients(self, lead: Contact) -> Iterator[tuple[DeliveryKind, str]]:
        yield DeliveryKind.ACKNOWLEDGEMENT, lead.email
        if self._alert_to is not None:
            yield DeliveryKind.ALERT, self._alert_to
