"""The witness notes what is committed, and a run waits for what still moves, within bounds."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import aio_pika
import asyncpg
import pytest

import import_svc.app
import manager_svc.app
import notifier_svc.app
import stream_svc.app
from chaos.cluster import Cluster
from chaos.endpoint import Endpoint
from chaos.post_office import MailServer
from chaos.quiet import wait_for_quiet
from chaos.subscriber import Store, Vices
from chaos.subscribers import SubscriberProcess
from chaos.witness import QUERIES, Witness, connected
from leadwire.testing import eventually
from leadwire.testing.postgres import PostgresServer
from leadwire.testing.postgres_databases import FreshDatabase
from leadwire.testing.rabbitmq import RabbitMQServer

SERVICES = [each.app.SERVICE for each in (import_svc, manager_svc, notifier_svc, stream_svc)]
LEAD = uuid4()

ADD = """
INSERT INTO outbox (event_id, aggregate_id, type, content_type, body, headers)
VALUES ($1, $2, 'lead_erased', '', $3, '{}')
"""
ERASE = "INSERT INTO erased_leads (lead_id, erased_at, rev) VALUES ($1, now(), 2)"
KEY = ("leadwire/tried", "event-1")
LEFT = b"what an erasure leaves of it"


@pytest.fixture
async def urls(fresh_database: FreshDatabase) -> Mapping[str, str]:
    """Addresses of the services' roles in a database with a witness, and the administrator's."""
    roles = {
        each.schema: await fresh_database.add(each.schema, each.migrations) for each in SERVICES
    }
    urls = {**roles, "admin": await fresh_database.admin_url()}
    async with connected(urls["admin"]) as connection:
        await Witness(connection).install()
    return urls


@pytest.fixture
async def admin(urls: Mapping[str, str]) -> AsyncIterator[asyncpg.Connection]:
    async with connected(urls["admin"]) as connection:
        yield connection


@asynccontextmanager
async def service(urls: Mapping[str, str], schema: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(
        urls[schema], server_settings={"search_path": schema}, command_timeout=60
    )
    try:
        yield connection
    finally:
        connection.terminate()


async def add(connection: asyncpg.Connection) -> None:
    source, event_id = KEY
    body = {"source": source, "id": event_id, "type": "lead_erased", "data": {"lead": {"id": "1"}}}
    await connection.execute(ADD, event_id, LEAD, json.dumps(body).encode())


async def test_an_event_is_noted_when_it_is_committed_and_when_it_is_removed(
    urls: Mapping[str, str], admin: asyncpg.Connection
) -> None:
    witness = Witness(admin)
    async with service(urls, "manager_svc") as connection:
        async with connection.transaction():
            await add(connection)
            assert await witness.committed() == {}
        noted = (await witness.committed())[KEY]
        assert (noted.facts, noted.removed_at) == (frozenset([("erased", "1")]), None)
        await connection.execute("DELETE FROM outbox")
    removed = (await witness.committed())[KEY]
    assert removed.removed_at is not None
    assert removed.removed_at >= removed.added_at
    assert not removed.withdrawn
    assert await witness.committed_keys() == {KEY}


async def test_what_an_erasure_removes_is_withdrawn(
    urls: Mapping[str, str], admin: asyncpg.Connection
) -> None:
    witness = Witness(admin)
    async with service(urls, "import_svc") as connection:
        await add(connection)
        async with connection.transaction():
            await connection.execute(ERASE, LEAD)
            await connection.execute("UPDATE outbox SET body = $1", LEFT)
            await connection.execute("DELETE FROM outbox")
    noted = (await witness.committed())[KEY]
    assert noted.withdrawn
    assert len(noted.hashes) == 2
    assert sha256(LEFT).digest() in noted.hashes
    assert await witness.committed_keys() == set()


async def test_a_relay_is_kept_at_the_gate_and_told_from_an_erasure(
    urls: Mapping[str, str], admin: asyncpg.Connection
) -> None:
    async def waiting() -> list[int]:
        found = await admin.fetch(QUERIES["list_waiting_at_gate"], "import_svc")
        return [row["pid"] for row in found]

    async with service(urls, "import_svc") as relay, service(urls, "import_svc") as eraser:
        await add(relay)
        await admin.execute("SELECT pg_advisory_lock(hashtext('witness import_svc'))")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_erase(eraser))
            await eventually(lambda: _waits(admin, eraser))
            assert await waiting() == []
            tasks.create_task(relay.execute("DELETE FROM outbox"))
            await eventually(lambda: _waits(admin, relay))
            assert await waiting() == [relay.get_server_pid()]
            await admin.execute("SELECT pg_advisory_unlock_all()")
        assert await relay.fetchval("SELECT count(*) FROM outbox") == 0


async def _erase(connection: asyncpg.Connection) -> None:
    async with connection.transaction():
        await connection.execute("SELECT FROM leads WHERE id = $1 FOR UPDATE", LEAD)
        await connection.execute("DELETE FROM outbox WHERE aggregate_id IS NULL")


async def _waits(admin: asyncpg.Connection, other: asyncpg.Connection) -> bool:
    query = "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND NOT granted)"
    return bool(await admin.fetchval(query, other.get_server_pid()))


@pytest.mark.fault
async def test_what_does_not_come_to_rest_is_named_in_the_end(
    urls: Mapping[str, str],
    admin: asyncpg.Connection,
    private_postgres: PostgresServer,
    private_rabbitmq: RabbitMQServer,
    tmp_path: Path,
) -> None:
    late = SubscriberProcess(name="late", vices=(), url=private_rabbitmq.url, directory=tmp_path)
    Store(late.store, Vices())  # as it makes one when it starts
    cluster = Cluster(
        postgres=private_postgres,
        rabbitmq=private_rabbitmq,
        admin_database=urls["admin"],
        replicas={},
        subscribers={},
        late=late,
        endpoint=Endpoint(tmp_path / "endpoint.db"),
        mail=MailServer(),
    )
    said: list[str] = []

    async def moving() -> dict[str, int]:
        return await wait_for_quiet(cluster, Witness(admin), say=said.append, within=0.1)

    async with service(urls, "manager_svc") as connection:
        await add(connection)
        assert await moving() == {"manager_svc_outbox": 1}
        await connection.execute("DELETE FROM outbox")
    assert await moving() == {
        "not received by late": 1,
        "not received by endpoint": 1,
        "not in the journal": 1,
    }
    await admin.execute("DELETE FROM witness.events")
    async with await aio_pika.connect(private_rabbitmq.url) as broker:
        channel = await broker.channel()
        queue = await channel.declare_queue("tried")
        await channel.default_exchange.publish(aio_pika.Message(b""), routing_key="tried")
        assert await moving() == {"queue tried": 1}
        await queue.delete(if_empty=False)
    assert await moving() == {}
