"""Replays, for a client for asyncio."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime

from leadwire_client._async.caller import AsyncCaller
from leadwire_client._core.calls import replays as calls
from leadwire_client._core.calls.making import Id
from leadwire_client._core.polling import REPLAY_WITHIN, Polls
from leadwire_client.replays import Replay


class AsyncReplayOperations(AsyncCaller):
    """What can be asked about replays."""

    async def start_replay(
        self,
        *,
        since: datetime,
        until: datetime | None = None,
        types: Iterable[str] = (),
        subscription: str | None = None,
        webhook_id: Id | None = None,
        idempotency_key: str | None = None,
    ) -> Replay:
        """Have events of the journal sent once more; they are sent in the background.

        Args:
            since: Those that were received then or later.
            until: Received before; by default all that have happened until now.
            types: Of these types; by default of all, to a webhook of those it has.
            subscription: To this one: a service of Leadwire, or a queue of another team.
            webhook_id: Or to this webhook.
            idempotency_key: A name of this request; one is made by default.
        """
        return await self._run(
            calls.start_replay(
                since=since,
                until=until,
                types=types,
                subscription=subscription,
                webhook_id=webhook_id,
                key=idempotency_key,
            )
        )

    async def wait_for_replay(
        self,
        replay_id: Id,
        *,
        within: float = REPLAY_WITHIN,
        progress: Callable[[Replay], object] | None = None,
    ) -> Replay:
        """Wait until a replay has ended, however.

        Args:
            replay_id: Which.
            within: Seconds to wait.
            progress: Called with the replay as it stands meanwhile, and at its end.

        Raises:
            TimeoutError: It still runs.
        """
        polls = Polls(within=within)
        while True:
            replay = await self.replay(replay_id)
            if progress is not None:
                progress(replay)
            if not replay.running:
                return replay
            await asyncio.sleep(polls.pause())

    async def replay(self, replay_id: Id) -> Replay:
        """Read a replay as it stands."""
        return await self._run(calls.replay(replay_id))

    def replays(self, *, status: str | None = None) -> AsyncIterator[Replay]:
        """Give replays, newest first; all, or those with this status."""
        return self._all(lambda at: calls.replays(status=status, at=at))

    async def cancel_replay(self, replay_id: Id) -> Replay:
        """End a replay; what is sent is sent."""
        return await self._run(calls.cancel_replay(replay_id))
