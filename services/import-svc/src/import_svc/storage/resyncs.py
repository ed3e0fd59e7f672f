"""How far a resync is, as a row."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from leadwire.db import Connection, Queries


class Part(StrEnum):
    """What a resync says, in this order."""

    LEADS = "leads"
    ERASED_LEADS = "erased_leads"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a resync is.

    Attributes:
        after: Said up to this id of the part.
        last_lead: Newest lead when it began; later ones announce themselves.
        total: Leads and tombstones when it began.
        said: Those said until now.
    """

    part: Part
    after: UUID
    last_lead: UUID
    total: int
    said: int
    finished_at: datetime | None


class ResyncStore:
    """Reads and writes the progress of the one resync, in the caller's transaction."""

    def __init__(self) -> None:
        self._queries = Queries("import_svc.storage")

    async def begin(self, connection: Connection, *, now: datetime) -> None:
        """Begin at the first lead."""
        await connection.execute(self._queries["begin_resync"], now)

    async def lock(self, connection: Connection) -> Progress | None:
        """Return the progress, locked until the end of the transaction; None if there is none."""
        record = await connection.fetchrow(self._queries["find_resync_for_update"])
        if record is None:
            return None
        return Progress(
            part=Part(record["part"]),
            after=record["after"],
            last_lead=record["last_lead"],
            total=record["total"],
            said=record["said"],
            finished_at=record["finished_at"],
        )

    async def move_on(
        self,
        connection: Connection,
        *,
        part: Part,
        after: UUID,
        said: int,
        finished_at: datetime | None,
    ) -> None:
        """Note where to go on, and how many more have been said."""
        await connection.execute(self._queries["move_resync_on"], part, after, said, finished_at)
