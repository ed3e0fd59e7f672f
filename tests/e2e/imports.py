"""What import-svc tells of leads, told without it: leads that arrive, and that are erased."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from uuid_utils.compat import uuid7

from leadwire.broker import Accepted, Broker
from leadwire.contracts import (
    Contact,
    EventData,
    LeadErased,
    LeadsCreated,
    LeadTombstone,
    Origin,
    new_event,
    to_message,
)

MOST_PER_EVENT = 160
"""As many leads as the 64 KiB of an event take."""


class Imports:
    """Publishes in the name of import-svc.

    Args:
        broker: Started.
    """

    def __init__(self, *, broker: Broker) -> None:
        self._broker = broker

    async def tell_of(self, leads: Sequence[Contact]) -> None:
        """Say that leads were created."""
        await self._publish(LeadsCreated(origin=Origin.IMPORT, import_id=None, leads=tuple(leads)))

    async def erase(self, lead_id: str) -> None:
        """Say that a lead was erased."""
        await self._publish(LeadErased(lead=LeadTombstone(id=UUID(lead_id), rev=2)))

    async def _publish(self, data: EventData) -> None:
        event = new_event(data, source="leadwire/import-svc")
        outcomes = await self._broker.publish([to_message(event)])
        assert outcomes == [Accepted()], outcomes


def some_leads(count: int, chance: Random) -> list[Contact]:
    """Return leads of any age."""
    return [_lead(chance) for _ in range(count)]


def _lead(chance: Random) -> Contact:
    lead_id = uuid7()
    created_at = datetime.now(UTC) - timedelta(seconds=chance.randrange(90 * 24 * 3600))
    return Contact(
        id=lead_id,
        name="Given",
        family_name="Family",
        email=f"{lead_id}@example.com",
        cellphone="+12025550123",
        origin=Origin.IMPORT,
        import_id=None,
        has_resume=False,
        created_at=created_at,
        updated_at=created_at,
        rev=1,
    )
