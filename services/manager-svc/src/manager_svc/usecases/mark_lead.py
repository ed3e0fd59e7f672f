"""Mark a lead: reached out, interested or not interested; or correct such a decision.

Marking a lead takes its assignee or an administrator, correcting a decision an administrator.
"""

from dataclasses import dataclass
from uuid import UUID

from manager_svc.domain.authority import require_holding
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
    unit: Unit,
    *,
    lead_id: UUID,
    status: LeadStatus,
    reason: str | None = None,
    versions: frozenset[str] | None,
    only_as: UUID | None = None,
) -> Marked:
    """Change a lead's status; a decision frees its manager, who takes the next lead.

    The status that the lead has already is no change and no error, whatever `versions`
    says: it is what a client sees that repeats a request whose answer was lost. It gives nothing
    out, so there is no next lead, also if the first request brought one.

    A decision may be corrected into the other one. That frees nobody, and is told like any
    decision, with a higher `rev`.

    Args:
        unit: The unit of this command.
        lead_id: Which lead.
        status: What it becomes.
        reason: Why, in somebody's words; a correction needs it.
        versions: Tags of which one must be the lead's.
        only_as: The manager who asks; None for one who may act for all.

    Raises:
        LeadNotFoundError: There is no such lead.
        NotYoursError: The manager who asks does not hold it.
        StaleLeadError: The lead is not at one of these versions.
        IllegalTransitionError: Its status does not lead there.
        ReasonRequiredError: A decision is to be corrected without a reason.
    """
    lead = await unit.leads.lock(lead_id)
    if lead.work.status is status:
        return Marked(lead=lead, next_lead=None)
    require_holding(lead.work, only_as=only_as)
    lead.require_version(versions)
    lead.require_transition(status, reason=reason)
    if not status.decided:
        return await _note_reaching_out(unit, lead_id, reason)
    if lead.work.status.decided:
        return await _correct(unit, lead_id, status, reason)
    return await _decide(unit, lead_id, status, reason)


async def _note_reaching_out(unit: Unit, lead_id: UUID, reason: str | None) -> Marked:
    worked = await unit.leads.mark_reached_out(
        lead_id, now=unit.now, actor=unit.actor, reason=reason
    )
    event = lead_reached_out(worked, actor=unit.actor, reason=reason)
    unit.tell_of_lead(event, worked.lead.work)
    return Marked(lead=worked.lead, next_lead=None)


async def _decide(unit: Unit, lead_id: UUID, status: LeadStatus, reason: str | None) -> Marked:
    worked = await unit.leads.decide(
        lead_id,
        status,
        now=unit.now,
        what=decision_event_type(status),
        actor=unit.actor,
        reason=reason,
    )
    _tell_of_decision(unit, worked, reason)
    next_lead = _given_to(worked, await match(unit))
    return Marked(lead=worked.lead, next_lead=next_lead)


async def _correct(unit: Unit, lead_id: UUID, status: LeadStatus, reason: str | None) -> Marked:
    worked = await unit.leads.correct(
        lead_id,
        status,
        now=unit.now,
        what=decision_event_type(status),
        actor=unit.actor,
        reason=reason,
    )
    _tell_of_decision(unit, worked, reason)
    return Marked(lead=worked.lead, next_lead=None)


def _tell_of_decision(unit: Unit, worked: Worked, reason: str | None) -> None:
    event = lead_decided(worked, actor=unit.actor, reason=reason)
    unit.tell_of_lead(event, worked.lead.work)


def _given_to(worked: Worked, assigned: list[Worked]) -> Lead | None:
    for other in assigned:
        if worked.manager is not None and other.manager == worked.manager:
            return other.lead
    return None
