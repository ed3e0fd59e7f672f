"""Take what import-svc says of leads."""

from collections.abc import Mapping
from functools import partial
from uuid import UUID

from leadwire.db import Connection
from stream_svc.domain.lead import ContactSide, Lead
from stream_svc.storage.projection import ProjectionStore
from stream_svc.usecases.change_leads import change_leads


async def take_contacts(
    connection: Connection, store: ProjectionStore, sides: Mapping[UUID, ContactSide]
) -> None:
    """Take the contact sides of leads, each if it is newer than the one held."""
    await change_leads(
        connection, store, {lead_id: partial(_take, side) for lead_id, side in sides.items()}
    )


def _take(side: ContactSide, lead: Lead) -> Lead:
    return lead.with_contact(side)
