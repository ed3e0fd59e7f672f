"""Turn rows into the values of the domain."""

from collections import defaultdict
from uuid import UUID

import asyncpg

from manager_svc.domain.explanation import Assignment, FreePlace, Rule, Sight, Turn
from manager_svc.domain.lead import Contact, HistoryEntry, Lead, Work, Worked
from manager_svc.domain.manager import Manager, ManagerName, ManagerState
from manager_svc.domain.matching import Candidates, Place, WaitingLead
from manager_svc.domain.status import LeadStatus


def lead_of(row: asyncpg.Record) -> Lead:
    """Read a lead with the name of its assignee."""
    contact = Contact(
        id=row["id"],
        name=row["name"],
        family_name=row["family_name"],
        email=row["email"],
        cellphone=row["cellphone"],
        created_at=row["created_at"],
        rev=row["contact_rev"],
    )
    work = Work(
        lead_id=row["id"],
        status=LeadStatus(row["status"]),
        manager=_name_of(row, "manager"),
        assigned_at=row["assigned_at"],
        decided_at=row["decided_at"],
        updated_at=row["updated_at"],
        rev=row["rev"],
    )
    return Lead(contact=contact, work=work)


def worked_of(row: asyncpg.Record) -> Worked:
    """Read a lead as a change left it, with the manager whom the change concerns."""
    return Worked(lead=lead_of(row), manager=_name_of(row, "concerned"))


def manager_of(row: asyncpg.Record) -> Manager:
    """Read a manager."""
    return Manager(
        id=row["id"],
        name=row["name"],
        email=row["email"],
        capacity=row["capacity"],
        state=ManagerState(row["state"]),
        rev=row["rev"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        free_since=row["free_since"],
    )


def history_entry_of(row: asyncpg.Record) -> HistoryEntry:
    """Read an entry of a lead's history."""
    return HistoryEntry(
        number=row["id"],
        at=row["at"],
        what=row["what"],
        actor=row["actor"],
        from_status=LeadStatus(row["from_status"]),
        to_status=LeadStatus(row["to_status"]),
        manager=_name_of(row, "manager"),
        rule=row["rule"],
        reason=row["reason"],
    )


def assignment_of(row: asyncpg.Record, lead_id: UUID) -> Assignment:
    """Read a lead's assignment, with its turn among those that were assigned together."""
    turn = row["lead_ids"].index(lead_id)
    places = zip(row["free"], row["free_since"], strict=True)
    sight = Sight(
        free=[FreePlace(manager_id, since) for manager_id, since in places],
        more_free=row["more_free"],
        waiting=row["waiting"],
    )
    return Assignment(
        manager=ManagerName(id=row["manager_id"], name=row["manager_name"]),
        assigned_at=row["at"],
        actor=row["actor"],
        rule=Rule(row["rule"]),
        turn=Turn(
            manager_id=row["manager_id"],
            sight=sight,
            earlier_managers=row["manager_ids"][:turn],
            earlier_leads=row["lead_ids"][:turn],
        ),
    )


def candidates_of(row: asyncpg.Record) -> Candidates:
    """Read the free places and the waiting leads of a round of the matcher."""
    not_for = defaultdict[UUID, set[UUID]](set)
    for lead_id, manager_id in zip(row["closed_lead_ids"], row["closed_manager_ids"], strict=True):
        not_for[lead_id].add(manager_id)
    places = zip(row["manager_ids"], row["numbers"], strict=True)
    return Candidates(
        places=[Place(manager_id, number) for manager_id, number in places],
        free_since=row["free_since"],
        leads=[WaitingLead(lead, frozenset(not_for.get(lead, ()))) for lead in row["lead_ids"]],
    )


def _name_of(row: asyncpg.Record, prefix: str) -> ManagerName | None:
    manager_id = row[f"{prefix}_id"]
    if manager_id is None:
        return None
    return ManagerName(id=manager_id, name=row[f"{prefix}_name"])
