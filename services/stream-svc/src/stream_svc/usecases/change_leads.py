"""Change leads of the projection and tell the log: the one way in which leads change."""

from collections.abc import Callable, Mapping
from uuid import UUID

from leadwire.db import Connection
from stream_svc.domain.lead import Lead
from stream_svc.storage.projection import LeadChange, ProjectionStore

Transition = Callable[[Lead], Lead]
"""What becomes of a lead; the lead itself if nothing does."""


async def change_leads(
    connection: Connection, store: ProjectionStore, transitions: Mapping[UUID, Transition]
) -> None:
    """Apply a transition to each lead, in the caller's transaction.

    Leads that are not there are locked by nothing: another transaction may store one
    between the look and the insert. Such a lead is found the second time round, locked,
    and merged like any other.

    Nothing but the commit may follow, because the log's head stays locked until then.

    Args:
        connection: The transaction.
        store: The projection.
        transitions: By id of the lead; an unknown lead is one of which no side came yet.
    """
    done: list[LeadChange] = []
    pending = dict(transitions)
    while pending:
        held = await store.lock(connection, pending)
        changes = _changes(held, pending)
        stored = await _store(connection, store, changes, held)
        done += [change for change in changes if change.after.id in stored]
        raced = {change.after.id for change in changes} - stored
        pending = {lead_id: pending[lead_id] for lead_id in raced}
    # Also one of which the projection has lost its row: the log may tell of it.
    erased = [change.after.id for change in done if change.after.erased_rev is not None]
    if erased:
        await store.scrub(connection, erased)
    await store.append(connection, [change for change in done if change.is_seen])


def _changes(held: Mapping[UUID, Lead], transitions: Mapping[UUID, Transition]) -> list[LeadChange]:
    changes = []
    for lead_id, transition in transitions.items():
        before = held.get(lead_id) or Lead(id=lead_id)
        after = transition(before)
        if after is not before:
            changes.append(LeadChange(before, after))
    return changes


async def _store(
    connection: Connection,
    store: ProjectionStore,
    changes: list[LeadChange],
    held: Mapping[UUID, Lead],
) -> set[UUID]:
    """Store the changed leads; return the ids of those that are stored."""
    known = [change.after for change in changes if change.after.id in held]
    unknown = [change.after for change in changes if change.after.id not in held]
    await store.update(connection, known)
    return {lead.id for lead in known} | await store.insert(connection, unknown)
