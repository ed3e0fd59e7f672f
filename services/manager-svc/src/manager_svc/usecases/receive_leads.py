"""Take in leads and their contact data, as import-svc tells them."""

from collections.abc import Sequence
from uuid import UUID

from manager_svc.domain.lead import Contact
from manager_svc.usecases.match import match
from manager_svc.usecases.unit import Unit


async def receive_leads(unit: Unit, *, contacts: Sequence[Contact]) -> None:
    """Store what is newer than what is known; a lead heard of first begins to wait.

    Events may come twice and in any order: an update before the creation brings the lead
    as well, the creation then finds it known, and nothing brings back an erased one.
    """
    newest: dict[UUID, Contact] = {}
    for contact in contacts:
        known = newest.get(contact.id)
        if known is None or known.rev < contact.rev:
            newest[contact.id] = contact
    await unit.leads.receive(list(newest.values()), now=unit.now)
    await match(unit)
