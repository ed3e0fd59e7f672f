"""Read replays."""

from uuid import UUID

from leadwire.db import Database
from notifier_svc.domain.errors import ReplayNotFoundError
from notifier_svc.domain.replays import Replay, ReplayStatus
from notifier_svc.storage.replays import ReplayStore


async def read_replay(database: Database, replay_id: UUID) -> Replay:
    """Return a replay as it stands.

    Raises:
        ReplayNotFoundError: There is no such replay.
    """
    async with database.connection() as connection:
        replay = await ReplayStore(connection=connection).find(replay_id)
    if replay is None:
        raise ReplayNotFoundError(replay_id)
    return replay


async def read_replays(
    database: Database, *, status: ReplayStatus | None, before: UUID | None, limit: int
) -> list[Replay]:
    """Return replays, newest first."""
    async with database.connection() as connection:
        return await ReplayStore(connection=connection).page(
            status=status, before=before, limit=limit
        )
