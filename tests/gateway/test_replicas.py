"""Replicas come and go, and each request is done once."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from gateway.conftest import StartGateway
from gateway.name_server import NameServer
from gateway.nginx import Gateway
from gateway.upstream import Exchange, Script, Upstream, answer
from gateway.wire import exchange, request

from leadwire.testing import eventually

StartReplica = Callable[..., Awaitable[Upstream]]
HERE, THERE = "127.0.0.1", "127.0.0.2"


@pytest_asyncio.fixture
async def names() -> AsyncIterator[NameServer]:
    server = await NameServer(addresses=[HERE, THERE]).start()
    yield server
    server.stop()


@pytest_asyncio.fixture
async def start_replica() -> AsyncIterator[StartReplica]:
    started: list[Upstream] = []

    async def start(host: str, port: int = 0, script: Script = answer) -> Upstream:
        started.append(await Upstream(script=script).start(host, port))
        return started[-1]

    yield start
    for each in started:
        await each.stop()


async def die(each: Exchange) -> None:
    each.writer.transport.abort()


async def behind(names: NameServer, port: int, start_gateway: StartGateway) -> Gateway:
    """A gateway that knows services by one name; a name is looked up for each worker."""
    return await start_gateway(
        GATEWAY_MANAGER_SVC=f"manager-svc:{port}",
        GATEWAY_IMPORT_SVC=f"manager-svc:{port}",
        GATEWAY_RESOLVER=names.address,
        GATEWAY_WORKERS="1",
    )


@pytest.mark.parametrize(
    ("target", "tries"),
    [
        ("GET /v1/managers", 2),
        ("POST /v1/managers", 1),
        ("PATCH /v1/managers/x", 1),
        ("PUT /v1/leads/x/assignee", 1),
        ("DELETE /v1/leads/x/assignee", 1),
        ("PUT /v1/leads/x/resume", 1),
    ],
)
async def test_only_what_reads_is_asked_of_another_replica_when_one_dies_of_it(
    names: NameServer,
    start_gateway: StartGateway,
    start_replica: StartReplica,
    target: str,
    tries: int,
) -> None:
    one = await start_replica(HERE, script=die)
    other = await start_replica(THERE, one.port, script=die)
    gateway = await behind(names, one.port, start_gateway)
    answered = await exchange(gateway.port, request(*target.split()))
    assert (answered.status, answered.code) == (502, "bad_gateway")
    assert len(one.exchanges) + len(other.exchanges) == tries


async def test_a_replica_that_nobody_reaches_fails_no_request(
    names: NameServer, start_gateway: StartGateway, start_replica: StartReplica
) -> None:
    targets = ["GET /v1/managers", "POST /v1/managers", "PATCH /v1/managers/x"] * 4
    with socket.socket() as held:  # so that nobody else listens there
        held.bind((HERE, 0))
        there = await start_replica(THERE, held.getsockname()[1])
        gateway = await behind(names, there.port, start_gateway)
        for target in targets:
            assert (await exchange(gateway.port, request(*target.split()))).status == 200
    assert there.targets == targets


async def test_a_replica_that_moved_is_found(
    names: NameServer, start_gateway: StartGateway, start_replica: StartReplica
) -> None:
    names.addresses = [HERE]
    one = await start_replica(HERE)
    other = await start_replica(THERE, one.port)
    gateway = await behind(names, one.port, start_gateway)
    assert (await exchange(gateway.port, request("GET", "/v1/managers"))).status == 200
    assert not other.exchanges
    names.addresses = [THERE]
    await one.stop()

    async def is_found() -> bool:
        return (await exchange(gateway.port, request("GET", "/v1/managers"))).status == 200

    await eventually(is_found, within=30, message="the new address is asked")
    assert other.exchanges


async def test_a_question_to_the_name_server_that_gets_lost_costs_no_request(
    names: NameServer, start_gateway: StartGateway, start_replica: StartReplica
) -> None:
    replica = await start_replica(HERE)
    names.addresses, names.loses = [HERE], 2  # of IPv4 and of IPv6
    gateway = await behind(names, replica.port, start_gateway)

    answered = await exchange(gateway.port, request("GET", "/v1/managers"))

    assert answered.status == 200
