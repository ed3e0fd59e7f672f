"""Two replicas of a relay, as processes, on RabbitMQ: one leads, the other takes over."""

import asyncio
import itertools
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import pytest

from leadwire.broker import ALL_TYPES, Broker, Message, Subscription, broker_from_url
from leadwire.db import Database
from leadwire.outbox import Outbox, OutgoingEvent
from leadwire.testing import TcpProxy, eventually
from leadwire.testing.broker_recording import ParkingList, Recorder

Rows = Callable[[str], Awaitable[list[tuple[object, ...]]]]

PROGRAM = Path(__file__).with_name("relay_process.py")
EVERYTHING = Subscription(name="everything", types=(ALL_TYPES,), prefetch=500)
LEADS = 10
BATCH = 20

AHEAD = 300
"""Events that may be under way, so that tests do not last for what nobody looks at."""

BACKLOG = 100_000
FILL = """
    INSERT INTO outbox (event_id, aggregate_id, type, content_type, body, headers)
    SELECT n::text, NULL, 'told', 'text/plain', convert_to(repeat('x', 300), 'UTF8'), '{}'
    FROM generate_series(1, $1::int) AS n
"""


class Replica:
    """A relay as a process."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process = process
        self._log = log

    def times(self, event: str) -> int:
        """Count how often it has logged an event."""
        return self._log.read_text().count(f'"event": "{event}"')

    def leads(self) -> bool:
        assert self.process.returncode is None, self._log.read_text()
        return self.times("outbox_relay_leads") > 0

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()

    def memory(self) -> int:
        """Return the most memory that it ever held, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024


StartReplica = Callable[..., Awaitable[Replica]]


@pytest.fixture
async def start_replica(rabbitmq_vhost: str, tmp_path: Path) -> AsyncIterator[StartReplica]:
    started: list[Replica] = []

    async def start(database_url: str, *, batch_size: int = BATCH) -> Replica:
        log = tmp_path / f"relay-{len(started)}.log"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                str(PROGRAM),
                database_url,
                rabbitmq_vhost,
                str(batch_size),
                stderr=output,
            )
        started.append(Replica(process, log))
        return started[-1]

    yield start
    for each in started:
        if each.process.returncode is None:
            await each.kill()


@pytest.fixture
async def broker(rabbitmq_vhost: str) -> AsyncIterator[Broker]:
    broker = broker_from_url(rabbitmq_vhost, name="subscriber")
    await broker.start()
    await broker.declare([EVERYTHING])
    yield broker
    await broker.stop()


class Office:
    """Adds events about some leads, one after the other, as fast as they are received.

    Attributes:
        added: Events that are committed.
    """

    def __init__(self, database: Database, recorder: Recorder) -> None:
        self._database = database
        self._recorder = recorder
        self._closes = False
        self._work: asyncio.Task[None] | None = None
        self.added = 0

    async def __aenter__(self) -> Self:
        self._work = asyncio.create_task(self._add())
        return self

    async def __aexit__(self, failed: type[BaseException] | None, *_: object) -> None:
        assert self._work is not None
        self._closes = True
        if failed is not None:
            self._work.cancel()
        # What is begun is committed, or nobody could tell how much there is to come.
        await self._work

    async def _add(self) -> None:
        for number in itertools.count():
            await eventually(self._keeps_up, within=120)
            if self._closes:
                return
            ids = [f"{lead}/{number:06}" for lead in range(LEADS)]
            events = [OutgoingEvent(Message(id=i, type="told", body=b"{}"), None) for i in ids]
            async with self._database.transaction() as connection:
                await Outbox().add(connection, events)
            self.added += LEADS

    def _keeps_up(self) -> bool:
        return self._closes or self.added - len(self._recorder.received) < AHEAD


def first_received(recorder: Recorder) -> dict[str, list[str]]:
    """Give, by lead, the events in the order in which they first came."""
    found: dict[str, list[str]] = {}
    for event_id in dict.fromkeys(each.delivery.message.id for each in recorder.received):
        found.setdefault(event_id.partition("/")[0], []).append(event_id)
    return found


async def test_all_of_it_arrives_in_order_although_each_leader_is_killed(
    database: Database,
    database_url: str,
    broker: Broker,
    start_replica: StartReplica,
    rows: Rows,
) -> None:
    recorder = Recorder()
    await broker.subscribe(EVERYTHING, recorder, parking=ParkingList())
    leader = await start_replica(database_url)
    await eventually(leader.leads, within=60)
    async with Office(database, recorder) as office:
        for _ in range(3):
            follower = await start_replica(database_url)
            await some_more(recorder)
            assert not follower.leads()
            await leader.kill()
            await eventually(follower.leads, within=60)
            leader = follower
    await everything_has_come(office, recorder, rows)


@pytest.mark.fault
@pytest.mark.parametrize("freezes", [True, False], ids=["frozen", "cut"])
async def test_all_of_it_arrives_in_order_although_the_leader_loses_its_database(
    database: Database,
    database_url: str,
    broker: Broker,
    start_replica: StartReplica,
    rows: Rows,
    *,
    freezes: bool,
) -> None:
    recorder = Recorder()
    await broker.subscribe(EVERYTHING, recorder, parking=ParkingList())
    address = urlsplit(database_url)
    assert address.hostname is not None
    async with TcpProxy(address.hostname, address.port or 5432) as proxy:
        credentials = address.netloc.rpartition("@")[0]
        through = address._replace(netloc=f"{credentials}@127.0.0.1:{proxy.port}").geturl()
        leader = await start_replica(through)
        await eventually(leader.leads, within=60)
        follower = await start_replica(database_url)
        async with Office(database, recorder) as office:
            await some_more(recorder)
            if freezes:
                proxy.freeze()
                await eventually(lambda: leader.times("leadership_lost") == 1, within=60)
                assert not follower.leads()
            # Also of a frozen one: the server would go on to hear the proxy, which a vanished
            # machine has not.
            proxy.refuse()
            proxy.cut()
            await eventually(follower.leads, within=60)
            await some_more(recorder)
            proxy.thaw()
            proxy.accept()
        await everything_has_come(office, recorder, rows)


async def is_empty(rows: Rows) -> bool:
    return await rows("SELECT id FROM outbox LIMIT 1") == []


async def some_more(recorder: Recorder) -> None:
    """Return once many have come since, in several batches."""
    enough = len(recorder.received) + 10 * BATCH
    await eventually(lambda: len(recorder.received) >= enough, within=60)


async def everything_has_come(office: Office, recorder: Recorder, rows: Rows) -> None:
    await eventually(partial(is_empty, rows), within=60)

    def all_came() -> bool:
        return sum(map(len, first_received(recorder).values())) == office.added

    await eventually(all_came, within=60)
    for lead, events in first_received(recorder).items():
        expected = [f"{lead}/{number:06}" for number in range(office.added // LEADS)]
        assert events == expected, f"of lead {lead} some is lost, or came before what was before"


async def test_a_backlog_of_100000_is_drained_with_flat_memory(
    database: Database,
    database_url: str,
    broker: Broker,
    start_replica: StartReplica,
    rows: Rows,
) -> None:
    async with database.connection() as connection:
        await connection.execute(FILL, BACKLOG)
    relay = await start_replica(database_url, batch_size=500)

    async def has_published(count: int) -> bool:
        return await broker.waiting(EVERYTHING.name, up_to=BACKLOG + 1) >= count

    await eventually(partial(has_published, BACKLOG // 10), within=120)
    before = relay.memory()
    await eventually(partial(has_published, BACKLOG), within=300)
    await eventually(partial(is_empty, rows))
    grown = relay.memory() - before
    assert grown < 24 * 1024**2, f"it grew by {grown / 1024**2:.0f} MiB"

    async def each_waits_once() -> bool:
        return await broker.waiting(EVERYTHING.name, up_to=BACKLOG + 1) == BACKLOG

    await eventually(each_waits_once)
