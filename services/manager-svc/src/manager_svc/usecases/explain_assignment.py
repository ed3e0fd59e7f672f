"""Why a lead went to its manager."""

from uuid import UUID

from manager_svc.domain.explanation import Explanation, FreeManager, WaitingSince
from manager_svc.usecases.reads import Stores


async def explain_assignment(stores: Stores, *, lead_id: UUID) -> Explanation:
    """Explain a lead's last assignment, also if the lead has been released or decided since.

    Raises:
        LeadNotFoundError: There is no such lead.
        NeverAssignedError: Nobody ever got it.
        ExplanationForgottenError: It was decided long ago.
    """
    await stores.leads.find(lead_id)
    assignment = await stores.leads.last_assignment(lead_id)
    turn = assignment.turn
    free, verdicts = turn.free(), turn.verdicts()
    names = await stores.managers.names([place.manager_id for place in free])
    oldest = turn.oldest_waiting()
    return Explanation(
        assignment=assignment,
        free=[
            FreeManager(
                manager=names[place.manager_id],
                since=place.since,
                verdict=verdicts[place.manager_id],
            )
            for place in free
        ],
        oldest=WaitingSince(lead_id=oldest, created_at=await stores.leads.created_at(oldest)),
    )
