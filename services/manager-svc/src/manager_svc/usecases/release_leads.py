"""Take leads from their managers, so that they wait again at their old age."""

from collections.abc import Sequence
from uuid import UUID

from manager_svc.usecases.events import lead_released
from manager_svc.usecases.unit import Unit


async def release_leads(
    unit: Unit,
    lead_ids: Sequence[UUID],
    *,
    rule: str,
    reason: str | None = None,
    given_back: bool = False,
) -> None:
    """Release leads and tell of it; who calls it runs the matcher when all is done.

    Args:
        unit: The unit of the change that makes it necessary.
        lead_ids: Which leads; those without an assignee are passed over.
        rule: What made it necessary, in a word, for history and event.
        reason: Why, in somebody's words, for the history.
        given_back: Do not offer them to the same managers for a while.
    """
    for worked in await unit.leads.release(
        lead_ids, now=unit.now, actor=unit.actor, rule=rule, reason=reason, given_back=given_back
    ):
        unit.tell_of_lead(lead_released(worked, actor=unit.actor, rule=rule), worked.lead.work)
