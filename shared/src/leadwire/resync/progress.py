"""How far a resync is, as a row."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from leadwire.db import Connection, MigrationSource, Queries

RESYNC_MIGRATIONS: Final = MigrationSource(name="resync", package="leadwire.resync.migrations")
"""Table `resync`, for the schema of a service that has something to say again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a resync is to go on.

    Attributes:
        part: Name of the part that is being said.
        after: Said up to this id of the part.
        up_to: Last id of the part when it began; later ones announce themselves.
    """

    part: str
    after: UUID
    up_to: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a resync is.

    Attributes:
        total: How many there were when it began.
        said: How many were said until now.
    """

    place: Place
    total: int
    said: int
    finished_at: datetime | None


class ResyncStore:
    """Reads and writes the progress of the one resync, in the caller's transaction."""

    def __init__(self) -> None:
        self._queries = Queries("leadwire.resync.sql")

    async def begin(
        self, connection: Connection, place: Place, *, total: int, now: datetime
    ) -> None:
        """Begin at a place."""
        await connection.execute(
            self._queries["begin_resync"], place.part, place.after, place.up_to, total, now
        )

    async def lock(self, connection: Connection) -> Progress | None:
        """Return the progress, locked until the end of the transaction; None if there is none."""
        record = await connection.fetchrow(self._queries["find_resync_for_update"])
        if record is None:
            return None
        return Progress(
            place=Place(part=record["part"], after=record["after"], up_to=record["up_to"]),
            total=record["total"],
            said=record["said"],
            finished_at=record["finished_at"],
        )

    async def move_on(
        self, connection: Connection, place: Place, *, said: int, finished_at: datetime | None
    ) -> None:
        """Note where to go on, and how many more have been said."""
        await connection.execute(
            self._queries["move_resync_on"],
            place.part,
            place.after,
            place.up_to,
            said,
            finished_at,
        )
