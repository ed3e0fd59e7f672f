"""Work replays off, as long as the process runs, in one process at a time.

One of the replicas leads, by a lock that is free at once when its process dies, and does one step
of each replay in turn. So the events of a replay go out in the order of the journal, and a replay
that waits for its reader holds no other one up. One that fails in an unforeseen way decides over
neither the others nor the process, which would die of it again after every restart.

A process that was taken for dead and comes back can do no harm but to send a batch that is sent
twice: a replay is moved on only from the place at which the step found it.
"""

import asyncio
from typing import Final
from uuid import UUID

import structlog

from leadwire.db import Database, LeaderLock, is_transient
from leadwire.lifecycle import BackgroundTask
from notifier_svc.domain.replays import Replay, ReplayFailure
from notifier_svc.usecases.replayer import Replayer, Standing

log = structlog.get_logger(__name__)

LOOK_EVERY: Final = 0.5
"""Seconds between two looks for replays that were asked for since."""


class ReplayLoop:
    """Does the steps of all replays that run; a component.

    Args:
        database: Of the service.
        replayer: Does them.
    """

    def __init__(self, *, database: Database, replayer: Replayer) -> None:
        self._replayer = replayer
        self._leadership = LeaderLock(database=database, name="replays")
        self._task = BackgroundTask(name="replays", body=self._run)

    async def start(self) -> None:
        """Stand for leader."""
        await self._task.start()

    async def stop(self) -> None:
        """Leave what runs to another replica."""
        await self._task.stop()

    async def wait(self) -> None:
        """Return once stopped; raise what ended the loop otherwise."""
        await self._task.wait()

    async def _run(self) -> None:
        await self._leadership.run(self._lead)

    async def _lead(self) -> None:
        standings: dict[UUID, Standing] = {}
        while True:
            standings = await self._round(standings)
            now = asyncio.get_running_loop().time()
            pause = min((each.due - now for each in standings.values()), default=LOOK_EVERY)
            await asyncio.sleep(min(max(pause, 0), LOOK_EVERY))

    async def _round(self, known: dict[UUID, Standing]) -> dict[UUID, Standing]:
        """Do one step of each replay that is due; return how those that run stand."""
        clock = asyncio.get_running_loop().time
        running = await self._replayer.running()
        standings = {replay.id: known.get(replay.id) or Standing() for replay in running}
        for replay in running:
            standing = standings[replay.id]
            if standing.due <= (began := clock()):
                standing.due = began + await self._step(replay, standing)
        return standings

    async def _step(self, replay: Replay, standing: Standing) -> float:
        try:
            return await self._replayer.step(replay, standing)
        except Exception as error:
            if is_transient(error):
                raise  # the lock's holder begins anew once the database is back
            log.exception("replay_failed_unforeseen", replay_id=str(replay.id))
            detail = f"{type(error).__name__}: the log of notifier-svc has more"
            await self._replayer.fail(replay, ReplayFailure(code="unforeseen", detail=detail))
            return 0
