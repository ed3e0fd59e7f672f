"""Take what manager-svc says of a lead."""

from dataclasses import replace
from uuid import UUID

from leadwire.db import Connection
from stream_svc.domain.lead import WorkSide
from stream_svc.storage.projection import ProjectionStore
from stream_svc.usecases.change_leads import change_leads


async def take_work(
    connection: Connection, store: ProjectionStore, *, lead_id: UUID, side: WorkSide
) -> None:
    """Take a lead's work side if it is newer than the one held.

    Args:
        connection: The transaction.
        store: The projection.
        lead_id: Which lead.
        side: Its work side; the manager's name as the event has it, which a later record
            of the manager overrules.
    """
    named = side
    if side.manager_id is not None:
        name = await store.name_manager(connection, side.manager_id, side.manager_name or "")
        named = replace(side, manager_name=name)
    await change_leads(connection, store, {lead_id: lambda lead: lead.with_work(named)})
