"""What a broker lacks is told, by `topology --check` and by the metric, once it can be asked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import ModuleType
from urllib.parse import urlsplit

import aio_pika
import asyncpg
import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from leadwire.broker import broker_from_url
from leadwire.outbox import OUTBOX_MIGRATIONS
from leadwire.service.components import PreparedTopology
from leadwire.service.topology_watch import TopologyWatch
from leadwire.testing import TcpProxy, eventually
from leadwire.testing.postgres import PostgresServer

MakeServiceDatabase = Callable[..., Awaitable[str]]
RunProbe = Callable[..., Awaitable[tuple[int, str]]]


@asynccontextmanager
async def watched(probe: ModuleType, url: str) -> AsyncIterator[Callable[[], float | None]]:
    """Watch the probe's topology; gives its metric."""
    broker, registry = broker_from_url(url, name="watch"), CollectorRegistry()
    watch = TopologyWatch(
        service="probe-svc",
        broker=broker,
        subscriptions=[probe.SUBSCRIPTION],
        registry=registry,
        interval=0.05,
    )
    await broker.start()
    await watch.start()
    yield lambda: registry.get_sample_value("leadwire_broker_missing")
    await watch.stop()
    await broker.stop()


@pytest.fixture
async def database_url(make_service_database: MakeServiceDatabase) -> str:
    return await make_service_database("probe_svc", [OUTBOX_MIGRATIONS])


@pytest.mark.parametrize(
    ("queue", "count"),
    # With its main queue a subscription loses its bindings.
    [("", 2), (".dead", 1), (".retry.1000", 1)],
)
async def test_on_rabbitmq(
    probe: ModuleType,
    run_probe: RunProbe,
    database_url: str,
    rabbitmq_vhost: str,
    queue: str,
    count: int,
) -> None:
    environment = {"PROBE_DATABASE_URL": database_url, "LEADWIRE_BROKER_URL": rabbitmq_vhost}
    assert (await run_probe(environment, "topology"))[0] == 0
    async with watched(probe, rabbitmq_vhost) as missing:
        async with await aio_pika.connect(rabbitmq_vhost) as connection:
            channel = await connection.channel()
            await channel.queue_delete(f"leadwire.probe-svc{queue}")
        await eventually(lambda: missing() == count)
        code, told = await run_probe(environment, "topology", "--check")
        assert code == 1
        assert f"queue leadwire.probe-svc{queue}" in told
        assert (await run_probe(environment, "topology"))[0] == 0
        await eventually(lambda: missing() == 0)


async def test_a_start_outlasts_a_broker_that_goes_away_once_it_is_connected(
    probe: ModuleType, rabbitmq_vhost: str
) -> None:
    """As one that restarts: what it lacks cannot be said before it is back."""
    url = urlsplit(rabbitmq_vhost)
    async with TcpProxy(url.hostname or "", url.port or 0) as proxy:
        place = f"{url.netloc.rpartition('@')[0]}@{proxy.host}:{proxy.port}"
        broker = broker_from_url(url._replace(netloc=place).geturl(), name="probe")
        await broker.start()
        await broker.declare([probe.SUBSCRIPTION])
        topology = PreparedTopology(
            service="probe-svc",
            broker=broker,
            subscriptions=[probe.SUBSCRIPTION],
            answer_within=60.0,
        )
        proxy.refuse()
        proxy.cut()
        with capture_logs() as said:
            starting = asyncio.create_task(topology.start())
            await eventually(lambda: any("not_checked_yet" in each["event"] for each in said))
            proxy.accept()
            await starting
        await broker.stop()


@pytest.mark.parametrize(
    "tinkered",
    ["DELETE FROM broker.subscriptions", "UPDATE broker.subscriptions SET types = '{wrong}'"],
)
async def test_on_postgres(
    probe: ModuleType,
    run_probe: RunProbe,
    database_url: str,
    postgres_server: PostgresServer,
    tinkered: str,
) -> None:
    broker = f"{postgres_server.admin_url.rsplit('/', 1)[0]}/{database_url.rsplit('/', 1)[1]}"
    environment = {"PROBE_DATABASE_URL": database_url, "LEADWIRE_BROKER_URL": broker}
    assert (await run_probe(environment, "topology"))[0] == 0
    async with watched(probe, broker) as missing:
        connection = await asyncpg.connect(broker)
        await connection.execute(tinkered)
        await connection.close()
        await eventually(lambda: missing() == 1)
        code, told = await run_probe(environment, "topology", "--check")
        assert code == 1
        assert "subscription probe-svc" in told
        assert (await run_probe(environment, "topology"))[0] == 0
        await eventually(lambda: missing() == 0)
