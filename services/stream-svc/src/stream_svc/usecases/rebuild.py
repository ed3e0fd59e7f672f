"""Rebuild the projection from what the other services say again, while the old one serves.

A new life begins beside the one that is served, and takes every event from then on. What came
before, `import-svc resync` and `manager-svc resync` say again: they begin after it, so what was
on its way when it began is among what they say, or newer. The new life is served once nothing
is missing in it that is known now.
"""

from collections.abc import Callable
from typing import Final

from leadwire.db import Connection, Database
from stream_svc.domain.lives import Lives
from stream_svc.storage.lives import LifeStore

NEXT_STEPS: Final = """\
rebuild: a new projection takes every event from now on; the old one serves
rebuild: have everything said again: import-svc resync --from-start; manager-svc resync --from-start
rebuild: then run stream-svc rebuild --finish"""


class Rebuild:
    """Begins, shows, finishes or abandons a rebuild; each tells whether it could.

    Args:
        database: Of the projection.
        say: Prints a line for whoever watches.
    """

    def __init__(self, *, database: Database, say: Callable[[str], None]) -> None:
        self._database = database
        self._lives = LifeStore()
        self._say = say

    async def begin(self) -> bool:
        """Begin, or say how far a rebuild is that was begun."""
        async with self._database.transaction() as connection:
            lives = await self._lives.read(connection)
            if lives.coming is None:
                await self._lives.begin(connection)
        if lives.coming is None:
            self._say(NEXT_STEPS)
        else:
            await self.show()
        return True

    async def show(self) -> bool:
        """Say how far it is."""
        async with self._database.connection() as connection:
            if (await self._under_way(connection)) is None:
                return False
            progress = await self._lives.progress(connection)
        self._say(
            f"rebuild: {progress.coming} leads came, {progress.served} are served, "
            f"{progress.missing} are missing or have not come as far"
        )
        return True

    async def finish(self, *, even_if_missing: bool) -> bool:
        """Serve the new projection; all followers start over.

        Args:
            even_if_missing: Also if leads are missing in it: those that the other services do
                not know are never said again.
        """
        async with self._database.connection() as connection:
            if (await self._under_way(connection)) is None:
                return False
            missing = (await self._lives.progress(connection)).missing
        if missing and not even_if_missing:
            self._say(
                f"rebuild: not finished, {missing} leads are missing or have not come as far: run "
                "both resyncs to their end, or finish it with --even-if-missing"
            )
            return False
        async with self._database.transaction() as connection:
            switched = await self._lives.switch(connection)
        self._say("rebuild: done, the new projection serves" if switched else "rebuild: too late")
        return switched

    async def abandon(self) -> bool:
        """Give the new projection up."""
        async with self._database.transaction() as connection:
            if (await self._under_way(connection)) is None:
                return False
            await self._lives.abandon(connection)
        self._say("rebuild: abandoned, the old projection serves on")
        return True

    async def _under_way(self, connection: Connection) -> Lives | None:
        lives = await self._lives.read(connection)
        if lives.coming is None:
            self._say("rebuild: none is under way")
            return None
        return lives
