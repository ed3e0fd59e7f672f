"""Begin, measure, finish and abandon the lives of the projection."""

from leadwire.db import Connection, DatabaseUnavailableError, Queries
from stream_svc.domain.lives import Lives, RebuildProgress


class ProjectionReplacedError(DatabaseUnavailableError):
    """The lives are not those any more that a transaction began with: do it again."""


class LifeStore:
    """What there is to do with lives, each in its caller's transaction."""

    def __init__(self) -> None:
        self._queries = Queries("stream_svc.storage")

    async def read(self, connection: Connection) -> Lives:
        """Read which lives there are."""
        row = await connection.fetchrow(self._queries["read_lives"])
        if row is None:
            raise LookupError("the table head is empty: the schema is damaged")
        return Lives(epoch=row["epoch"], served=row["life"], coming=row["next_life"])

    async def confirm(self, connection: Connection, coming: int) -> None:
        """Hold a coming life as it is until the commit; nothing but that may follow.

        Raises:
            ProjectionReplacedError: It is served by now, or given up.
        """
        held = await connection.fetchval(self._queries["confirm_lives"], coming)
        if held is None:
            raise ProjectionReplacedError("the projection was replaced meanwhile")

    async def begin(self, connection: Connection) -> None:
        """Let a new life begin, unless one is coming already."""
        await connection.execute(self._queries["begin_life"])

    async def progress(self, connection: Connection) -> RebuildProgress:
        """Compare the coming life with the one that is served."""
        row = await connection.fetchrow(self._queries["compare_lives"])
        if row is None:
            raise LookupError("lives were not compared")
        return RebuildProgress(served=row["served"], coming=row["coming"], missing=row["missing"])

    async def switch(self, connection: Connection) -> bool:
        """Serve the coming life under a new epoch; tell whether there was one."""
        # The order of those who prune: no dead-lock with them.
        await connection.execute(self._queries["lock_pruned"])
        pos = await connection.fetchval(self._queries["switch_lives"])
        if pos is None:
            return False
        await connection.execute(self._queries["forget_changes_to"], pos)
        return True

    async def begin_epoch(self, connection: Connection) -> None:
        """Serve the same life under a new epoch; no position of before is taken for one of it."""
        await connection.execute(self._queries["lock_pruned"])
        pos = await connection.fetchval(self._queries["begin_epoch"])
        await connection.execute(self._queries["forget_changes_to"], pos)

    async def abandon(self, connection: Connection) -> bool:
        """Give the coming life up; tell whether there was one."""
        return await connection.fetchval(self._queries["abandon_life"]) is not None

    async def delete_dead(self, connection: Connection, *, limit: int) -> int:
        """Delete at most `limit` leads, and all managers, of lives that have ended."""
        await connection.execute(self._queries["delete_dead_managers"])
        deleted: int = await connection.fetchval(self._queries["delete_dead_leads"], limit)
        return deleted
