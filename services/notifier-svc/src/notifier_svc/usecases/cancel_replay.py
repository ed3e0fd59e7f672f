"""Cancel a replay, whichever process works it off."""

from uuid import UUID

import structlog

from leadwire.db import Database
from notifier_svc.domain.errors import ReplayEndedError
from notifier_svc.domain.replays import Replay, ReplayStatus
from notifier_svc.storage.replays import ReplayStore
from notifier_svc.usecases.read_replays import read_replay

log = structlog.get_logger(__name__)


async def cancel_replay(database: Database, replay_id: UUID) -> Replay:
    """End a running replay as cancelled; the batch that is under way is the last.

    One that is cancelled already is no error.

    Raises:
        ReplayNotFoundError: There is no such replay.
        ReplayEndedError: It has completed or failed.
    """
    async with database.connection() as connection:
        if await ReplayStore(connection=connection).end(replay_id, ReplayStatus.CANCELLED):
            log.info("replay_cancelled", replay_id=str(replay_id))
    replay = await read_replay(database, replay_id)
    if replay.status is not ReplayStatus.CANCELLED:
        raise ReplayEndedError(replay.status)
    return replay
