"""Take every event into the journal, and act on some."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from leadwire.broker import ALL_TYPES, Handler, Message, Subscription
from leadwire.contracts import (
    Event,
    EventType,
    LeadErased,
    LeadsCreated,
    Origin,
    read_envelope,
    read_event,
)
from leadwire.db import Connection, Database
from leadwire.outbox import transactional_handler
from notifier_svc.domain.events import ReceivedEvent
from notifier_svc.metrics import NotifierMetrics
from notifier_svc.usecases.erase_lead import erase_lead
from notifier_svc.usecases.plan_emails import EmailPlanner
from notifier_svc.usecases.record_event import record_event

SUBSCRIPTION: Final = Subscription(name="notifier-svc", types=(ALL_TYPES,), prefetch=8)

_ACTED_ON: Final = frozenset({EventType.LEADS_CREATED, EventType.LEAD_ERASED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A message that was read.

    Attributes:
        received: For the journal, whatever its type.
        event: With typed data, for the types that are acted on.
    """

    received: ReceivedEvent
    event: Event | None

    @property
    def source(self) -> str:
        """Who published it."""
        return self.received.source

    @property
    def id(self) -> str:
        """Unique at its source."""
        return self.received.id

    @property
    def leads(self) -> frozenset[UUID]:
        """The leads that it tells of."""
        named = {_uuid(self.received.subject)}
        if self.event is not None and isinstance(self.event.data, LeadsCreated):
            named |= {lead.id for lead in self.event.data.leads}
        return frozenset(lead_id for lead_id in named if lead_id is not None)


def read(message: Message) -> Incoming:
    """Read any CloudEvent; of those that are acted on, also the data.

    Raises:
        UnreadableEventError: It is no CloudEvent, or its data is not what its type says.
    """
    envelope = read_envelope(message)
    received = ReceivedEvent(
        id=envelope.id,
        source=envelope.source,
        type=envelope.type,
        subject=envelope.subject,
        time=envelope.time,
        content_type=message.content_type,
        body=message.body,
        headers=message.headers,
    )
    event = read_event(message) if envelope.type in _ACTED_ON else None
    return Incoming(received=received, event=event)


def all_events(*, database: Database, planner: EmailPlanner, metrics: NotifierMetrics) -> Handler:
    """Return the handler of the subscription.

    Args:
        database: Of the service.
        planner: Plans emails for leads from the form.
        metrics: Counts.
    """

    async def apply(connection: Connection, incoming: Incoming) -> None:
        data = incoming.event and incoming.event.data
        if isinstance(data, LeadErased):
            await erase_lead(connection, data.lead.id)  # first: it takes the stronger lock
        erased = await record_event(connection, incoming.received, leads=incoming.leads)
        if isinstance(data, LeadsCreated) and data.origin is Origin.FORM:
            leads = [lead for lead in data.leads if lead.id not in erased]
            await planner.plan(connection, leads, source=incoming.source, event_id=incoming.id)
        metrics.journaled()

    return transactional_handler(
        database=database, subscription=SUBSCRIPTION.name, read=read, apply=apply
    )


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None  # another team's event, about something that is no lead
