"""What Leadwire's events mean to billing: one function for each."""

import sqlite3
from typing import Final, TypeAlias

from billing.sql import query
from leadwire_client.consumer import Unit
from leadwire_client.events import (
    Contact,
    Event,
    EventType,
    InterestedLead,
    LeadErased,
    LeadInterestedCreated,
    LeadNotInterestedCreated,
    LeadTombstone,
    LeadUpdated,
    Work,
)

TYPES: Final = (
    EventType.LEAD_INTERESTED_CREATED,
    EventType.LEAD_NOT_INTERESTED_CREATED,
    EventType.LEAD_UPDATED,
    EventType.LEAD_ERASED,
)

Sqlite: TypeAlias = Unit[sqlite3.Connection]


async def handle(event: Event, unit: Sqlite) -> None:
    """Do what an event means; the transaction commits when this returns."""
    match event.data:
        case LeadInterestedCreated(lead=lead, work=work):
            await _open_account(lead, work, unit)
        case LeadNotInterestedCreated(lead=work):
            await _close_account(work, unit)
        case LeadUpdated(lead=contact):
            await _correct_contact(contact, unit)
        case LeadErased(lead=tombstone):
            await _erase(tombstone, unit)
        case _:
            pass  # A replay may bring every type, and so may a binding of long ago.


async def _open_account(lead: InterestedLead, work: Work, unit: Sqlite) -> None:
    # A decision that is said again, as after a resync, has another id and the same rev.
    if not await unit.is_newer(work):
        return
    opened = unit.connection.execute(query("add_customer"), (str(lead.id), str(work.decided_at)))
    unit.connection.execute(query("add_contact"), _row(lead))
    if opened.rowcount == 1:
        unit.connection.execute(query("welcome"), (str(lead.id),))


async def _close_account(work: Work, unit: Sqlite) -> None:
    """A decision was corrected, or a lead decided who never was a customer."""
    if await unit.is_newer(work):
        unit.connection.execute(query("delete_customer"), (str(work.id),))


async def _correct_contact(contact: Contact, unit: Sqlite) -> None:
    if await unit.is_newer(contact):
        unit.connection.execute(query("replace_contact"), _row(contact))


async def _erase(tombstone: LeadTombstone, unit: Sqlite) -> None:
    """Delete everything; what comes late of this lead is never newer again."""
    await unit.is_newer(tombstone)
    for name in ("delete_customer", "delete_contact"):
        unit.connection.execute(query(name), (str(tombstone.id),))


def _row(lead: Contact | InterestedLead) -> tuple[str, str, str, str, str | None]:
    return str(lead.id), lead.name, lead.family_name, lead.email, lead.cellphone
