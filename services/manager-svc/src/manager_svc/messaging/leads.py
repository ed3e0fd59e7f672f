"""Take in import-svc's side of the leads."""

from functools import partial
from typing import Final
from uuid import UUID

from leadwire import contracts
from leadwire.broker import Handler, Subscription
from leadwire.contracts import Event, EventType, LeadErased, LeadsCreated, LeadUpdated, read_event
from leadwire.contracts.redaction import redaction_of_parked
from leadwire.db import Connection, Database
from leadwire.outbox import Outbox, UnpublishedEvent, redact_parked, transactional_handler
from manager_svc.domain.lead import Contact
from manager_svc.usecases.erase_lead import erase_lead
from manager_svc.usecases.receive_leads import receive_leads
from manager_svc.usecases.unit import Units

SUBSCRIPTION: Final = Subscription(
    name="manager-svc",
    types=(EventType.LEADS_CREATED, EventType.LEAD_UPDATED, EventType.LEAD_ERASED),
    # Oldest first: were two events of one import handled side by side, the later one could
    # come first to the matching lock, and its leads to the managers who are free.
    ordered=True,
    # An event that fails again and again holds up those behind it: for half a minute. (For two
    # hours, if it is the database that fails; the others would fare no better.)
    max_attempts=6,
    retry_delays=(0.2, 1.0, 5.0, 15.0),
)


TELLS_OF_A_PERSON: Final = frozenset(
    {
        EventType.LEAD_REACHED_OUT,
        EventType.LEAD_INTERESTED_CREATED,
        EventType.LEAD_NOT_INTERESTED_CREATED,
    }
)
"""Types of this service's events that bear contact data, or people's words about a lead."""


def lead_events(*, database: Database, units: Units, outbox: Outbox) -> Handler:
    """Return the handler of the subscription."""

    async def apply(connection: Connection, event: Event) -> None:
        match event.data:
            case LeadsCreated(leads=leads):
                contacts = [_contact(lead) for lead in leads]
                command = partial(receive_leads, contacts=contacts)
            case LeadUpdated(lead=lead):
                command = partial(receive_leads, contacts=[_contact(lead)])
            case LeadErased(lead=lead):
                erasure = partial(erase_lead, lead_id=lead.id, contact_rev=lead.rev)
                await units.run_on(connection, erasure, actor=event.source)
                await _forget_events_of(connection, outbox, lead.id)
                return
            case _:
                return  # not subscribed to, so it says nothing to this service
        await units.run_on(connection, command, actor=event.source)

    return transactional_handler(
        database=database, subscription=SUBSCRIPTION.name, read=read_event, apply=apply
    )


async def _forget_events_of(connection: Connection, outbox: Outbox, lead_id: UUID) -> None:
    """Tell nothing more of an erased lead but that somebody held it; keep nothing parked."""

    def redacted(event: UnpublishedEvent) -> bytes | None:
        return None if event.type in TELLS_OF_A_PERSON else event.body

    await outbox.redact(connection, about=lead_id, redacted=redacted)
    await redact_parked(connection, mentioning=lead_id, redacted=redaction_of_parked(lead_id))


def _contact(lead: contracts.Contact) -> Contact:
    return Contact(
        id=lead.id,
        name=lead.name,
        family_name=lead.family_name,
        email=lead.email,
        cellphone=lead.cellphone,
        created_at=lead.created_at,
        rev=lead.rev,
    )
