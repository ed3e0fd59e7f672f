"""Mark a lead: reached out, interested or not interested."""

from dataclasses import dataclass
from uuid import UUID

from manager_svc.domain.lead import Lead, Worked
from manager_svc.domain.status import LeadStatus
from manager_svc.usecases.events import decision_event_type, lead_decided, lead_reached_out
from manager_svc.usecases.match import match
from manager_svc.usecases.unit import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """What marking did.

    Attributes:
        lead: The lead as it is now.
        next_lead: What its manager, now free, got in the same moment; None if nothing.
    """

    lead: Lead
    next_lead: Lead | None


async def mark_lead(
    unit: Unit, *, lead_id: UUID, status: LeadStatus, versions: frozenset[str] | None
) -> Marked:
    """Change a lead's status; a decision frees its manager, who takes the next lead.

    The status that the lead has already is no change and no error, whatever `versions`
    says: it is what a client sees that repeats a request whose answer was lost.

    Raises:
        LeadNotFoundError: There is no such lead.
        StaleLeadError: The lead is not at one of these versions.
        IllegalTransitionError: Its status does not lead there.
    """
    lead = await unit.leads.lock(lead_id)
    if lead.work.status is status:
        return Marked(lead=lead, next_lead=None)
    lead.require_version(versions)
    lead.require_transition(status)
    if status.decided:
        return await _decide(unit, lead_id, status)
    worked = await unit.leads.mark_reached_out(lead_id, now=unit.now, actor=unit.actor)
    unit.tell_of_lead(lead_reached_out(worked, actor=unit.actor), worked.lead.work)
    return Marked(lead=worked.lead, next_lead=None)


async def _decide(unit: Unit, lead_id: UUID, status: LeadStatus) -> Marked:
    worked = await unit.leads.decide(
        lead_id, status, now=unit.now, what=decision_event_type(status), actor=unit.actor
    )
    unit.tell_of_lead(lead_decided(worked, actor=unit.actor), worked.lead.work)
    next_lead = _given_to(worked, await match(unit))
    return Marked(lead=worked.lead, next_lead=next_lead)


def _given_to(worked: Worked, assigned: list[Worked]) -> Lead | None:
    for other in assigned:
        if worked.manager is not None and other.manager == worked.manager:
            return other.lead
    return None
