"""Begin a replay; the replay loop works it off."""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import orjson
import structlog

from leadwire.contracts import EventType
from leadwire.db import Connection, Database
from notifier_svc.domain.errors import KeyReusedError, NoSuchEventTypeError, TooManyReplaysError
from notifier_svc.domain.replays import Replay, ReplayOrder
from notifier_svc.storage.journal import JournalStore
from notifier_svc.storage.replays import ReplayStore, RequestName
from notifier_svc.storage.webhooks import WebhookStore

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedReplay:
    """What became of a request.

    Attributes:
        replay: The replay as it stands.
        repeated: Whether an earlier request with the same key began it.
    """

    replay: Replay
    repeated: bool = False


class StartReplay:
    """Begins replays.

    Args:
        database: Of the service.
        max_running: Most of them that run at once.
    """

    def __init__(self, *, database: Database, max_running: int) -> None:
        self._database = database
        self._max_running = max_running

    async def __call__(self, order: ReplayOrder, *, key: str | None) -> StartedReplay:
        """Begin a replay, or find the one that the key has begun.

        Args:
            order: What is asked for.
            key: The client's name for the request; None if it is not to be repeated.

        Raises:
            WebhookNotFoundError: There is no such webhook.
            TooManyReplaysError: As many run as may.
            KeyReusedError: The key was used to ask for another one.
            NoSuchEventTypeError: A type is none of Leadwire's, and none that the journal has.
        """
        name = None if key is None else _name(key, order)
        async with self._database.transaction() as connection:
            store = ReplayStore(connection=connection)
            await store.lock_for_beginning()
            if name is not None and (earlier := await _earlier(store, name)) is not None:
                return StartedReplay(replay=earlier, repeated=True)
            await _check_types(connection, order)
            running = await store.running()
            if len(running) >= self._max_running:
                raise TooManyReplaysError([each.id for each in running])
            replay = await store.add(await _completed(connection, order), name)
        log.info("replay_begun", replay_id=str(replay.id))
        return StartedReplay(replay=replay)


async def _earlier(store: ReplayStore, name: RequestName) -> Replay | None:
    found = await store.find_by_key(name)
    if found is None:
        return None
    replay, request_hash = found
    if request_hash != name.request_hash:
        raise KeyReusedError
    return replay


async def _check_types(connection: Connection, order: ReplayOrder) -> None:
    """Find mistyped names: such a replay would end at once, with nothing sent."""
    foreign = set(order.types) - set(EventType)
    if unknown := await JournalStore(connection=connection).lacks_types(sorted(foreign)):
        raise NoSuchEventTypeError(unknown, known=sorted(EventType))


async def _completed(connection: Connection, order: ReplayOrder) -> ReplayOrder:
    """Put in what follows: a moment to come is now, and a webhook has types that it wants."""
    if order.until is not None and order.until > datetime.now(UTC):
        order = replace(order, until=None)
    if order.webhook_id is not None:
        webhook = await WebhookStore(connection=connection).find(order.webhook_id)
        order = replace(order, types=order.types or tuple(webhook.types))
    return order


def _name(key: str, order: ReplayOrder) -> RequestName:
    return RequestName(
        key_hash=hashlib.sha256(key.encode()).digest(),
        request_hash=hashlib.sha256(orjson.dumps(order)).digest(),
    )
