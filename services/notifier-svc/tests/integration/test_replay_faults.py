"""Whatever fails meanwhile, a replay skips nothing, and goes out in the order of the journal."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import pytest
from asyncpg import RaiseError
from prometheus_client import CollectorRegistry

from leadwire.broker import Accepted, Broker, Message, Outcome, Rejected, Unknown
from leadwire.broker.memory import MemoryHub
from leadwire.db import Database
from leadwire.testing import eventually
from notifier_svc.domain.events import ReceivedEvent
from notifier_svc.domain.replays import HeldUpBy, Replay, ReplayStatus
from notifier_svc.http.replay_requests import NewReplay
from notifier_svc.metrics import NotifierMetrics
from notifier_svc.settings import NotifierSettings
from notifier_svc.storage.queries import QUERIES
from notifier_svc.storage.replays import ReplayStore
from notifier_svc.usecases.await_journal import GRACE, JournalWait, JournalWatch
from notifier_svc.usecases.record_event import record_event
from notifier_svc.usecases.replay_to_subscription import SubscriptionReader
from notifier_svc.usecases.replay_to_webhook import WebhookReader
from notifier_svc.usecases.replayer import Replayer, ReplayPace, Standing

if TYPE_CHECKING:
    from conftest import Office, Subscribe

REFUSE_MOVES = """
CREATE FUNCTION refuse_move() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'no move today'; END $$;

CREATE TRIGGER refuse_move BEFORE UPDATE OF position ON replays
FOR EACH ROW EXECUTE FUNCTION refuse_move();
"""


@pytest.fixture
def grace() -> timedelta:
    return GRACE


class ScriptedBroker:
    """Takes everything, but answers as it is told: what fails there cannot be had from a server."""

    def __init__(self, *answers: Sequence[Outcome]) -> None:
        self.sent: list[list[str]] = []
        self.backlog = 0
        self._answers = list(answers)

    async def publish(self, batch: Sequence[Message], *, only: str | None) -> Sequence[Outcome]:
        self.sent.append([message.id for message in batch])
        return self._answers.pop(0) if self._answers else [Accepted()] * len(batch)

    async def waiting(self, _subscription: str, *, up_to: int) -> int:
        return min(self.backlog, up_to)


def replayer(database: Database, broker: object) -> Replayer:
    """Return what a process of its own would work replays off with."""
    metrics, known = NotifierMetrics(CollectorRegistry()), cast("Broker", broker)
    return Replayer(
        database=database,
        subscriptions=SubscriptionReader(
            database=database, broker=known, metrics=metrics, max_backlog=100
        ),
        webhooks=WebhookReader(database=database, metrics=metrics, max_backlog=100),
        journal=JournalWatch(database=database, broker=known, subscription="notifier-svc"),
        pace=ReplayPace(batch=4, rate=1000),
    )


async def asked_for(database: Database) -> Replay:
    """Have a replay that no process works off."""
    order = NewReplay.model_validate({"from": "2026-01-01T00:00:00Z", "subscription": "x"}).order()
    async with database.connection() as connection:
        return await ReplayStore(connection=connection).add(order, None)


async def current(database: Database, replay: Replay) -> Replay:
    async with database.connection() as connection:
        found = await ReplayStore(connection=connection).find(replay.id)
    assert found is not None
    return found


async def record(database: Database, *event_ids: str) -> None:
    async with database.connection() as connection:
        await connection.execute("SELECT add_journal_days(current_date - 1, current_date + 1)")
    for event_id in event_ids:
        async with database.transaction() as connection:
            await record_event(connection, received(event_id))

    async def are_shown() -> bool:
        async with database.connection() as connection:
            query = "SELECT max(turn) < journal_horizon() FROM journal"
            return bool(await connection.fetchval(query))

    # Other work on the server can hold it back for a moment.
    await eventually(are_shown, message="the journal shows them")


def received(event_id: str) -> ReceivedEvent:
    return ReceivedEvent(
        id=event_id,
        source="team",
        type="told",
        subject=None,
        time=None,
        content_type="application/json",
        body=b"{}",
        headers={},
    )


async def test_a_process_that_dies_behind_the_publication_is_followed_by_one_that_repeats_it(
    database: Database,
) -> None:
    await record(database, *"abcde")
    replay = await asked_for(database)
    broker = ScriptedBroker()
    async with database.connection() as connection:
        await connection.execute(REFUSE_MOVES)
    with pytest.raises(RaiseError):
        await replayer(database, broker).step(replay, Standing())
    async with database.connection() as connection:
        await connection.execute("DROP TRIGGER refuse_move ON replays")

    async def ended() -> bool:
        await replayer(database, broker).step(await current(database, replay), standing)
        return (await current(database, replay)).status is ReplayStatus.COMPLETED

    standing = Standing()
    await eventually(ended)
    assert broker.sent == [list("abcd"), list("abcd"), ["e"]]
    assert (await current(database, replay)).sent == 5


async def test_a_process_that_was_taken_for_dead_does_not_move_the_replay_back(
    database: Database,
) -> None:
    await record(database, *"abcdefgh")
    stale = await asked_for(database)
    broker = ScriptedBroker()
    for _ in range(2):
        await replayer(database, broker).step(await current(database, stale), Standing())
    await replayer(database, broker).step(stale, Standing())
    assert broker.sent == [list("abcd"), list("efgh"), list("abcd")]
    assert (await current(database, stale)).sent == 8


async def test_what_the_broker_did_not_take_is_sent_again_with_all_behind_it(
    database: Database,
) -> None:
    await record(database, *"abcd")
    replay = await asked_for(database)
    unknown, full = Unknown("no answer"), Rejected("the queue is full")
    broker = ScriptedBroker(
        [Accepted(), unknown, Accepted(), Accepted()],
        [full, Accepted(), Accepted()],
        [Accepted(), Rejected("too large", permanent=True), Accepted()],
    )
    working, standing = replayer(database, broker), Standing()
    pauses = [await working.step(await current(database, replay), standing)]
    held = await current(database, replay)
    assert (held.held_up_by, held.sent) == (HeldUpBy.BROKER_UNAVAILABLE, 1)
    pauses.append(await working.step(held, standing))
    held = await current(database, replay)
    assert (held.held_up_by, held.sent) == (HeldUpBy.BROKER_REFUSES, 1)
    await working.step(held, standing)
    done = await current(database, replay)
    assert broker.sent == [list("abcd"), list("bcd"), list("bcd")]
    assert (done.held_up_by, done.sent, done.skipped) == (None, 3, 1)
    assert min(pauses) > 0


async def test_a_replay_that_fails_in_an_unforeseen_way_fails_alone(
    office: "Office", subscribe: "Subscribe"
) -> None:
    await office.tell("a")
    await subscribe()
    await office.execute(REFUSE_MOVES)
    failed = await office.replayed(subscription="billing.leads")
    assert (failed["status"], failed["error"]["code"]) == ("failed", "unforeseen")
    assert failed["error"]["detail"].startswith("RaiseError")
    await office.execute("DROP TRIGGER refuse_move ON replays")
    assert (await office.replayed(subscription="billing.leads"))["status"] == "completed"


async def test_an_outage_holds_a_replay_up_and_costs_it_nothing(
    office: "Office", subscribe: "Subscribe", settings: NotifierSettings
) -> None:
    await office.tell("a", "b", "c")
    reader = await subscribe()
    hub = MemoryHub.named(urlsplit(settings.broker_url.get_secret_value()).netloc)
    hub.go_down()
    started = await office.replay(subscription="billing.leads")
    seen = await office.replay_until(started, lambda seen: seen["held_up_by"])
    assert (seen["held_up_by"], seen["status"]) == ("broker_unavailable", "running")
    hub.come_up()
    ended = await office.replay_until(started, lambda seen: seen["status"] == "completed")
    assert (ended["held_up_by"], ended["progress"]["sent"]) == (None, 3)
    await eventually(lambda: len(reader.finished) == 3)
    assert reader.finished == await office.in_journal_order()


async def test_what_was_published_before_and_is_journaled_late_is_replayed_too(
    office: "Office", database: Database, subscribe: "Subscribe"
) -> None:
    """A subscription declared in between has it from nowhere else."""
    await office.tell("early")
    async with database.transaction() as erasing:
        await erasing.execute(QUERIES["lock_for_erasure"])
        late = [f"late{number}" for number in range(7)]  # more than are handled at once
        await office.publish_all(office.news(*late))
        reader = await subscribe("billing.leads", "told")
        started = await office.replay(subscription="billing.leads")
        await office.replay_until(started, lambda seen: seen["progress"]["sent"] == 1)
        await eventually(lambda: reader.finished == ["early"])
        assert (await office.get(f"/v1/replays/{started['id']}"))["status"] == "running"
    ended = await office.replay_until(started, lambda seen: seen["status"] == "completed")
    assert ended["progress"]["sent"] == 8
    await eventually(lambda: set(reader.finished) == {"early", *late})


async def test_a_replay_does_not_end_while_anything_waits_for_the_journal(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    replay = replace(await asked_for(database), created_at=datetime(2026, 1, 1, tzinfo=UTC))
    broker, wait = ScriptedBroker(), JournalWait()
    watch = JournalWatch(
        database=database, broker=cast("Broker", broker), subscription="notifier-svc"
    )
    broker.backlog = 1
    assert not await watch.has_all(replay, wait)
    broker.backlog = 0
    assert not await watch.has_all(replay, wait), "what was given to handlers has to begin"
    monkeypatch.setattr("notifier_svc.usecases.await_journal.GRACE", timedelta(0))
    await eventually(lambda: watch.has_all(replay, wait))


async def test_an_event_of_the_range_that_is_committed_late_is_replayed_too(
    office: "Office", database: Database, subscribe: "Subscribe"
) -> None:
    await office.tell("early")
    reader = await subscribe()
    async with database.transaction() as writing:
        began = await writing.fetchval("SELECT now() + interval '1 microsecond'")
        await record_event(writing, received("late"))
        started = await office.replay(subscription="billing.leads", to=began.isoformat())
        await office.replay_until(started, lambda seen: seen["progress"]["sent"] == 1)
        # Its moment has passed by more than the grace, and still it waits for the transaction.
        await eventually(lambda: office.value("SELECT now() > $1::timestamptz", began + 2 * GRACE))
        assert (await office.get(f"/v1/replays/{started['id']}"))["status"] == "running"
    await office.replay_until(started, lambda seen: seen["status"] == "completed")
    await eventually(lambda: reader.finished == ["early", "late"])
