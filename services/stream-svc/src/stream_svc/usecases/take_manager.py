"""Take what manager-svc says of a lead manager."""

from uuid import UUID

from leadwire.db import Connection
from stream_svc.storage.projection import ProjectionStore
from stream_svc.usecases.change_leads import change_leads


async def take_manager(
    connection: Connection, store: ProjectionStore, *, manager_id: UUID, name: str, rev: int
) -> None:
    """Keep what a manager is called; leads that he holds show a new name at once."""
    if not await store.put_manager(connection, manager_id=manager_id, name=name, rev=rev):
        return
    held = await store.leads_of_manager(connection, manager_id)
    await change_leads(
        connection,
        store,
        {lead_id: lambda lead: lead.with_manager_name(manager_id, name) for lead_id in held},
    )
