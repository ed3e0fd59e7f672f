"""Remove a manager; nobody he held is stranded."""

from dataclasses import dataclass, replace
from uuid import UUID

from manager_svc.domain.lead import Lead
from manager_svc.domain.manager import Manager, ManagerName, ManagerState
from manager_svc.usecases.events import manager_removed
from manager_svc.usecases.match import match
from manager_svc.usecases.release_leads import release_leads
from manager_svc.usecases.unit import Unit

RULE = "manager_removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """A lead whose manager is removed.

    Attributes:
        lead: As it was while he held it.
        heir: Who got it in the same moment; None if it waits.
    """

    lead: Lead
    heir: ManagerName | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What removing a manager did.

    Attributes:
        already_removed: He was removed before, so nothing was done.
    """

    manager: Manager
    orphans: list[Orphan]
    already_removed: bool = False


async def remove_manager(unit: Unit, *, manager_id: UUID) -> Removal:
    """Remove a manager; that he was removed before is no error.

    His undecided leads wait again at their old age, and go to whoever is free in the same
    transaction. His record stays for the histories that name him, and to be restored.

    Raises:
        ManagerNotFoundError: There never was such a manager.
    """
    manager = await unit.managers.lock(manager_id)
    if manager.state is ManagerState.REMOVED:
        return Removal(manager=manager, orphans=[], already_removed=True)
    held = await unit.managers.held_leads(manager_id)
    await release_leads(unit, [lead.contact.id for lead in held], rule=RULE)
    await unit.managers.drop_all_places(manager_id)
    removed = await unit.managers.update(replace(manager, state=ManagerState.REMOVED), now=unit.now)
    unit.tell_of_manager(manager_removed(removed), removed)
    heirs = {worked.lead.contact.id: worked.manager for worked in await match(unit)}
    orphans = [Orphan(lead=lead, heir=heirs.get(lead.contact.id)) for lead in held]
    return Removal(manager=removed, orphans=orphans)
