"""A service process ends when it should, as it should, and says why."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import asyncpg

from leadwire.outbox import OUTBOX_MIGRATIONS
from leadwire.testing import eventually

MakeServiceDatabase = Callable[..., Awaitable[str]]
StartProbe = Callable[..., Awaitable[Any]]


async def given(make_service_database: MakeServiceDatabase) -> dict[str, str]:
    url = await make_service_database("probe_svc", [OUTBOX_MIGRATIONS])
    return {"PROBE_DATABASE_URL": url, "LEADWIRE_BROKER_URL": "memory://probe"}


async def test_sigterm_lets_running_requests_finish_and_exits_with_0(
    start_probe: StartProbe, make_service_database: MakeServiceDatabase
) -> None:
    environment = await given(make_service_database)
    probe = await start_probe(environment)
    holder = await asyncpg.connect(environment["PROBE_DATABASE_URL"])
    await holder.execute("SELECT pg_advisory_lock(1)")
    async with aiohttp.ClientSession(await probe.url()) as session:
        asking = asyncio.create_task(session.get("/slow"))
        await eventually(lambda: in_flight(session, at_least=2))

        probe.process.send_signal(signal.SIGTERM)
        await eventually(partial(refuses, await probe.url()))
        await holder.close()
        answer = await asking

        assert answer.status == 200
        assert await answer.json() == {"waited": True}
    assert await probe.ended() == 0
    assert '"service_stopped"' in probe.said()


async def test_a_component_that_dies_takes_the_process_with_it_and_exits_with_1(
    start_probe: StartProbe, make_service_database: MakeServiceDatabase
) -> None:
    probe = await start_probe(await given(make_service_database))
    async with aiohttp.ClientSession(await probe.url()) as session:
        assert (await session.post("/die")).status == 200

    assert await probe.ended() == 1
    assert "mortal died: told to die" in probe.said()


async def test_a_schema_without_its_migrations_is_refused_with_the_command_to_run(
    start_probe: StartProbe, make_service_database: MakeServiceDatabase
) -> None:
    url = await make_service_database("probe_svc", [])
    probe = await start_probe({"PROBE_DATABASE_URL": url, "LEADWIRE_BROKER_URL": "memory://probe"})

    assert await probe.ended() == 1
    assert "run `probe-svc migrate`" in probe.said()


async def test_a_pool_that_event_handlers_could_use_up_is_a_wrong_setting(
    start_probe: StartProbe,
) -> None:
    probe = await start_probe(
        {
            "PROBE_DATABASE_URL": "postgresql://probe:hunter2@127.0.0.1:1/leadwire",
            "PROBE_DATABASE_POOL_SIZE": "4",
            "LEADWIRE_BROKER_URL": "memory://probe",
        }
    )

    assert await probe.ended() == 2
    assert "probe-svc: PROBE_DATABASE_POOL_SIZE is wrong: it must be more than 4" in probe.said()
    assert "hunter2" not in probe.said()


async def test_a_port_that_is_taken_ends_the_process_with_1(
    start_probe: StartProbe, make_service_database: MakeServiceDatabase
) -> None:
    taken = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with taken:
        port = taken.sockets[0].getsockname()[1]
        environment = await given(make_service_database)

        probe = await start_probe(environment | {"LEADWIRE_HTTP_PORT": str(port)})

        assert await probe.ended() == 1
    assert "http did not start" in probe.said()
    assert "LEADWIRE_HTTP_PORT" in probe.said()


async def test_an_address_that_is_not_ours_ends_the_process_with_1_and_the_variable(
    start_probe: StartProbe, make_service_database: MakeServiceDatabase
) -> None:
    # Set aside for documentation (RFC 5737): no machine has it.
    elsewhere = {"LEADWIRE_HTTP_HOST": "192.0.2.1"}

    probe = await start_probe(await given(make_service_database) | elsewhere)

    assert await probe.ended() == 1
    assert "cannot listen on 192.0.2.1 port 0" in probe.said()
    assert "LEADWIRE_HTTP_HOST" in probe.said()


async def test_no_line_of_the_log_holds_a_password(
    start_probe: StartProbe, make_service_database: MakeServiceDatabase
) -> None:
    environment = await given(make_service_database)
    password = environment["PROBE_DATABASE_URL"].split(":")[2].split("@")[0]
    probe = await start_probe(environment | {"LEADWIRE_LOG_LEVEL": "DEBUG"})
    await probe.url()

    probe.process.send_signal(signal.SIGTERM)

    assert await probe.ended() == 0
    assert len(password) > 5
    assert password not in probe.said()


async def refuses(url: str) -> bool:
    address = urlsplit(url)
    try:
        _, writer = await asyncio.open_connection(address.hostname, address.port)
    except ConnectionRefusedError:
        return True
    writer.close()
    return False


async def in_flight(session: aiohttp.ClientSession, *, at_least: int) -> bool:
    text = await (await session.get("/metrics")).text()
    (line,) = [
        line for line in text.splitlines() if line.startswith("leadwire_http_requests_in_flight{")
    ]
    return float(line.split()[-1]) >= at_least
