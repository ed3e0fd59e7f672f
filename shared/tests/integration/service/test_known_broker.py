"""A schema is served with one broker: who comes with another one is refused while others serve.

What a broker is to the schema is the same for each transport, so most of these are on hubs in
memory, which can be wiped at once; the last ones are on RabbitMQ.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from types import ModuleType
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
from structlog.testing import capture_logs

from leadwire.broker import Broker, broker_from_url
from leadwire.broker.memory import MemoryHub
from leadwire.db import Database
from leadwire.http import SUPERVISOR
from leadwire.lifecycle import ComponentFailedError
from leadwire.outbox import OUTBOX_MIGRATIONS, BrokerMarks, ServedElsewhereError
from leadwire.service import create_app
from leadwire.service.check import check
from leadwire.service.commands import check_topology
from leadwire.service.known_broker import KnownBroker
from leadwire.service.prepare import prepare
from leadwire.testing import TcpProxy, eventually
from leadwire.testing.rabbitmq import RabbitMQServer, Vhost

MakeServiceDatabase = Callable[..., Awaitable[str]]

SCHEMA = "probe_svc"
AT_ONCE = 0.2
"""Seconds that a start waits for others to end, where they do not."""

IN_TIME = 30.0
"""The same, where they do."""


class Replica:
    """What of one replica keeps it from publishing to another broker than others."""

    def __init__(self, *, database: Database, broker: Broker, patience: float, settled: timedelta):
        self.marks = BrokerMarks(
            service="probe-svc", database=database, broker=broker, all_are_back_after=settled
        )
        self.known = KnownBroker(
            service="probe-svc",
            marks=self.marks,
            database=database,
            answer_within=patience,
            look_every=0.05,
        )
        self.broker = broker


class House:
    """A schema, and replicas that come to it with some broker."""

    def __init__(self, url: str, stack: AsyncExitStack) -> None:
        self.url = url
        self._stack = stack
        self._names: dict[str, str] = {}

    def hub(self, name: str) -> MemoryHub:
        return MemoryHub.named(self._name(name))

    async def replica(
        self,
        broker: str,
        *,
        patience: float = IN_TIME,
        settled: timedelta = timedelta(0),
        url: str | None = None,
        prepared: bool = True,
    ) -> Replica:
        """Return one that is not started; by default `topology` was run with its broker."""
        database = Database(
            url=url or self.url, schema=SCHEMA, application_name="probe-svc", pool_size=2
        )
        await database.start()
        self._stack.push_async_callback(database.stop)
        address = broker if "://" in broker else f"memory://{self._name(broker)}"
        client = broker_from_url(address, name="probe-svc")
        await client.start()
        self._stack.push_async_callback(client.stop)
        replica = Replica(database=database, broker=client, patience=patience, settled=settled)
        self._stack.push_async_callback(replica.known.stop)
        if prepared:
            await replica.marks.leave()
        return replica

    async def serving(self, broker: str) -> Replica:
        replica = await self.replica(broker)
        await replica.known.start()
        return replica

    async def run(self, statement: str) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.url)
        try:
            return await connection.fetch(statement)
        finally:
            await connection.close()

    async def holders(self) -> list[asyncpg.Record]:
        """Return who holds which mark."""
        return await self.run(
            "SELECT pid, objid FROM pg_locks JOIN pg_database ON pg_database.oid = database "
            "WHERE locktype = 'advisory' AND objsubid = 2 AND datname = current_database()"
        )

    def _name(self, name: str) -> str:
        return self._names.setdefault(name, uuid4().hex)


@pytest.fixture
async def house(make_service_database: MakeServiceDatabase) -> AsyncIterator[House]:
    url = await make_service_database(SCHEMA, [OUTBOX_MIGRATIONS])
    async with AsyncExitStack() as stack:
        yield House(url, stack)


async def test_another_broker_is_refused_while_a_replica_lives_and_taken_afterwards(
    house: House,
) -> None:
    first = await house.serving("ours")
    second = await house.replica("another", patience=AT_ONCE)
    with pytest.raises(ServedElsewhereError, match="schema_served_with_another_broker") as refused:
        await second.known.start()
    assert len(refused.value.addresses) == 1
    with pytest.raises(ServedElsewhereError):
        await second.marks.look()
    await house.serving("ours")  # the refused one has changed nothing
    for each in (first, await house.serving("ours")):
        await each.known.stop()
    with pytest.raises(ServedElsewhereError):
        await second.known.start()  # one is left


async def test_a_broker_that_was_changed_is_told_of_once_and_the_former_is_refused(
    house: House,
) -> None:
    first = await house.serving("ours")
    await first.known.stop()
    with capture_logs() as said:
        for _ in range(2):
            await house.serving("another")
    [change] = [each for each in said if each["event"] == "broker_changed"]
    assert "does not come along" in change["remedy"]
    late = await house.replica("ours", patience=AT_ONCE, prepared=False)
    for _ in range(2):  # its mark is forgotten, and then left anew
        with pytest.raises(ServedElsewhereError):
            await late.known.start()
        await late.marks.leave()
    assert len(await house.run("SELECT FROM broker_marks")) == 2


async def test_who_waits_for_others_to_end_starts_once_they_have(house: House) -> None:
    first = await house.serving("ours")
    second = await house.replica("another")
    with capture_logs() as said:
        starting = asyncio.create_task(second.known.start())
        await eventually(lambda: any("with_another_broker" in each["event"] for each in said))
        await first.known.stop()
        await starting


async def test_replicas_that_start_together_for_the_first_time_all_start(house: House) -> None:
    """Also those that prepare while others serve already."""
    replicas = [await house.replica("ours", prepared=False) for _ in range(6)]

    async def prepare_and_start(replica: Replica) -> None:
        await replica.marks.leave()
        await replica.known.start()

    await asyncio.gather(*map(prepare_and_start, replicas))
    assert len(await house.run("SELECT FROM broker_marks WHERE is_served")) == 1
    assert len(house.hub("ours").marks) == 1


async def test_of_two_installations_that_start_together_one_starts(house: House) -> None:
    for _ in range(3):
        both = [await house.replica(each, patience=AT_ONCE) for each in ("ours", "another")]
        ended = await asyncio.gather(*(each.known.start() for each in both), return_exceptions=True)
        assert [type(each) for each in ended if each is not None] == [ServedElsewhereError]
        for each in both:
            await each.known.stop()


async def test_another_broker_may_be_prepared_while_replicas_live(house: House) -> None:
    """As the page on moving says; whoever starts with the first one is not misled by it."""
    first = await house.serving("ours")
    await house.replica("another")
    await house.serving("ours")
    watching = asyncio.create_task(first.known.wait())
    await house.run("SELECT pg_sleep(0.2)")  # some looks of the first one
    assert not watching.done()
    watching.cancel()


async def test_a_broker_that_lost_its_data_under_replicas_is_theirs_again(house: House) -> None:
    replicas = [await house.serving("ours") for _ in range(2)]
    watching = [asyncio.create_task(each.known.wait()) for each in replicas]
    house.hub("ours").marks.clear()
    for broker, prepared in (("ours", False), ("another", True)):  # it is nobody's meanwhile
        other = await house.replica(broker, patience=AT_ONCE, prepared=prepared)
        with pytest.raises(ServedElsewhereError):
            await other.known.start()
    with capture_logs() as said:
        await house.serving("ours")  # prepared anew, by its own `topology`
        await eventually(lambda: any(each["event"] == "broker_changed" for each in said))
    with pytest.raises(ServedElsewhereError) as refused:
        await (await house.replica("another", patience=AT_ONCE)).known.start()
    assert refused.value.addresses

    async def all_hold_the_same() -> bool:
        found = [each["objid"] for each in await house.holders()]
        return len(found) == 3 and len(set(found)) == 1

    await eventually(all_hold_the_same)
    assert not any(each.done() for each in watching)
    for each in watching:
        each.cancel()


async def test_no_other_broker_has_the_schema_because_the_database_restarted(house: House) -> None:
    """Replicas have lost their locks then, and are on their way back."""
    await (await house.serving("ours")).known.stop()
    longer_than_it_runs = timedelta(days=365)
    early = await house.replica("another", patience=AT_ONCE, settled=longer_than_it_runs)
    with pytest.raises(ServedElsewhereError, match="the database has just started"):
        await early.known.start()
    await (await house.replica("ours", settled=longer_than_it_runs)).known.start()


@asynccontextmanager
async def proxied(url: str) -> AsyncIterator[tuple[TcpProxy, str]]:
    """A way to a server that can be cut."""
    parts = urlsplit(url)
    async with TcpProxy(parts.hostname or "", parts.port or 0) as proxy:
        place = f"{parts.netloc.rpartition('@')[0]}@{proxy.host}:{proxy.port}"
        yield proxy, parts._replace(netloc=place).geturl()


async def test_a_replica_that_lost_the_database_serves_on_also_while_the_broker_is_away(
    house: House,
) -> None:
    async with proxied(house.url) as (proxy, url):
        first = await house.replica("ours", url=url)
        await first.known.start()
        [before] = await house.holders()
        house.hub("ours").go_down()
        proxy.cut()

        async def is_held_anew() -> bool:
            return [each["objid"] for each in await house.holders() if each != before] == [
                before["objid"]
            ]

        await eventually(is_held_anew)
        await first.known.stop()


async def test_a_replica_that_comes_back_after_the_schema_has_another_broker_ends(
    house: House,
) -> None:
    async with proxied(house.url) as (proxy, url):
        first = await house.replica("ours", url=url, patience=AT_ONCE)
        await first.known.start()
        proxy.refuse()
        proxy.cut()
        await house.serving("another")
        await first.broker.stop()  # what it could ask has no say
        proxy.accept()
        with pytest.raises(ServedElsewhereError):
            async with asyncio.timeout(30):
                await first.known.wait()


async def test_a_start_outlasts_a_broker_that_restarts(house: House, rabbitmq_vhost: str) -> None:
    await house.replica(rabbitmq_vhost)
    async with proxied(rabbitmq_vhost) as (proxy, url):
        replica = await house.replica(url, prepared=False)
        proxy.refuse()
        proxy.cut()
        with capture_logs() as said:
            starting = asyncio.create_task(replica.known.start())
            await eventually(lambda: any(each["event"] == "broker_not_held" for each in said))
            proxy.accept()
            await starting
        await house.serving(rabbitmq_vhost)  # by whatever address


async def test_an_installation_on_another_virtual_host_is_refused_and_told_why(
    probe: ModuleType,
    house: House,
    rabbitmq_server: RabbitMQServer,
    rabbitmq_vhost: str,
) -> None:
    vhost = Vhost(server=rabbitmq_server)
    await vhost.create()
    ours, theirs = (
        probe.ProbeSettings(
            auth="off", broker_url=url, database_url=house.url, http_port=0, connect_within=1
        )
        for url in (rabbitmq_vhost, vhost.url)
    )

    async def told(command: Callable[..., Awaitable[int]], settings: object) -> tuple[int, str]:
        lines: list[str] = []
        code = await command(probe.SERVICE, settings, lines.append)
        return code, "\n".join(lines)

    for settings in (ours, theirs):
        assert (await told(prepare, settings))[0] == 0
    assert await told(check_topology, theirs) == (0, "everything is there")
    assert (await told(check, theirs))[0] == 0
    first = create_app(probe.SERVICE, ours)[SUPERVISOR]
    await first.start()
    second = create_app(probe.SERVICE, theirs)[SUPERVISOR]
    with pytest.raises(ComponentFailedError, match="schema_served_with_another_broker"):
        await second.start()
    await second.stop()
    code, said = await told(check, theirs)
    assert code == 1
    assert "broker: schema_served_with_another_broker" in said
    assert (await told(check, ours))[0] == 0
    await first.stop()
    await vhost.delete()
