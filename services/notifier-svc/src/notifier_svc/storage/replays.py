"""Replays as rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg
from uuid_utils.compat import uuid7

from leadwire.db import Connection
from notifier_svc.domain.journal import JournalEntry, JournalPlace
from notifier_svc.domain.replays import (
    HeldUpBy,
    Replay,
    ReplayFailure,
    ReplayOrder,
    ReplayStatus,
    Settled,
)
from notifier_svc.storage.queries import QUERIES


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestName:
    """By what a request is known again; hashes, since a client's key may say anything.

    Attributes:
        key_hash: Of the key that the client gave it.
        request_hash: Of what it asks for.
    """

    key_hash: bytes
    request_hash: bytes


class ReplayStore:
    """Replays, asked for and worked off.

    Args:
        connection: Every method runs in its transaction, if there is one.
    """

    def __init__(self, *, connection: Connection) -> None:
        self._connection = connection

    async def lock_for_beginning(self) -> None:
        """Let nobody else begin a replay until the end of the transaction."""
        await self._connection.execute(QUERIES["lock_for_replays"])

    async def add(self, order: ReplayOrder, name: RequestName | None) -> Replay:
        """Add a replay, to be worked off."""
        [row] = await self._connection.fetch(
            QUERIES["add_replay"],
            uuid7(),
            order.subscription,
            order.webhook_id,
            list(order.types),
            order.since,
            order.until,
            None if name is None else name.key_hash,
            None if name is None else name.request_hash,
        )
        return _replay(row)

    async def find(self, replay_id: UUID) -> Replay | None:
        """Return a replay as it stands."""
        row = await self._connection.fetchrow(QUERIES["find_replay"], replay_id)
        return None if row is None else _replay(row)

    async def find_by_key(self, name: RequestName) -> tuple[Replay, bytes] | None:
        """Return the replay that a request with this key began, and that request's hash."""
        row = await self._connection.fetchrow(QUERIES["find_replay_by_key"], name.key_hash)
        return None if row is None else (_replay(row), row["request_hash"])

    async def running(self) -> list[Replay]:
        """Return all that run, oldest first."""
        return [_replay(row) for row in await self._connection.fetch(QUERIES["list_open_replays"])]

    async def page(
        self, *, status: ReplayStatus | None, before: UUID | None, limit: int
    ) -> list[Replay]:
        """List replays, newest first.

        Args:
            status: Only those that stand so.
            before: The last id of the page before.
            limit: Most replays to return.
        """
        rows = await self._connection.fetch(QUERIES["list_replays"], status, before, limit)
        return [_replay(row) for row in rows]

    async def note_total(self, replay_id: UUID, total: int) -> None:
        """Keep how many events it has to settle."""
        await self._connection.execute(QUERIES["note_replay_total"], replay_id, total)

    async def move_on(self, replay: Replay, settled: Settled) -> bool:
        """Note what was settled, unless somebody else has moved it on; tell which it was."""
        moved = await self._connection.execute(
            QUERIES["move_replay_on"],
            replay.id,
            replay.place.turn,
            replay.place.position,
            settled.place.turn,
            settled.place.position,
            settled.reached_at,
            settled.sent,
            settled.skipped,
        )
        return moved == "UPDATE 1"

    async def hold_up(self, replay_id: UUID, by: HeldUpBy | None) -> None:
        """Tell why it sends nothing just now, or that it does."""
        await self._connection.execute(QUERIES["hold_replay_up"], replay_id, by)

    async def plan_deliveries(self, webhook_id: UUID, entries: Sequence[JournalEntry]) -> None:
        """Plan that a webhook gets these events."""
        await self._connection.execute(
            QUERIES["plan_replayed_deliveries"],
            webhook_id,
            [entry.received_at for entry in entries],
            [entry.place.position for entry in entries],
        )

    async def pending_at(self, webhook_id: UUID, *, up_to: int) -> int:
        """Count what waits for a webhook; `up_to` stands for that many or more."""
        query = QUERIES["count_pending_at_webhook"]
        return int(await self._connection.fetchval(query, webhook_id, up_to))

    async def end(
        self, replay_id: UUID, status: ReplayStatus, failure: ReplayFailure | None = None
    ) -> bool:
        """End it, if it runs; tell whether it did."""
        code, detail = (None, None) if failure is None else (failure.code, failure.detail)
        ended = await self._connection.execute(
            QUERIES["end_replay"], replay_id, status, code, detail
        )
        return ended == "UPDATE 1"

    async def prune(self, *, older_than: timedelta) -> int:
        """Delete replays that ended before; return how many."""
        status = await self._connection.execute(QUERIES["prune_replays"], older_than)
        return int(status.rpartition(" ")[2])


def _replay(row: asyncpg.Record) -> Replay:
    held_up_by, error_code = row["held_up_by"], row["error_code"]
    return Replay(
        id=row["id"],
        status=ReplayStatus(row["status"]),
        order=ReplayOrder(
            subscription=row["subscription"],
            webhook_id=row["webhook_id"],
            types=tuple(row["types"]),
            since=row["since"],
            until=row["until"],
        ),
        place=JournalPlace(row["turn"], row["position"]),
        reached_at=row["reached_at"],
        total=row["total"],
        sent=row["sent"],
        skipped=row["skipped"],
        held_up_by=None if held_up_by is None else HeldUpBy(held_up_by),
        failure=None if error_code is None else ReplayFailure(code=error_code, detail=row["error"]),
        created_at=row["created_at"],
        finished_at=row["finished_at"],
    )
