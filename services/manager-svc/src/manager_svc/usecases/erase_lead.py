"""Forget a lead's personal data."""

from uuid import UUID

from manager_svc.usecases.match import match
from manager_svc.usecases.release_leads import release_leads
from manager_svc.usecases.unit import Unit

RULE = "lead_erased"


async def erase_lead(unit: Unit, *, lead_id: UUID, contact_rev: int) -> None:
    """Leave only a tombstone; a manager who held the lead is free and takes the next.

    The tombstone is left also for a lead that was never heard of, so that a creation
    that comes late does not bring it back.
    """
    await release_leads(unit, [lead_id], rule=RULE)
    await unit.leads.bury(lead_id, contact_rev=contact_rev, now=unit.now)
    await match(unit)
