"""One NATS server for all tests of a process, and a namespace of its own for each."""

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from nats_harness import NatsHarness
from nats_server import PrivateNats


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def private_nats(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PrivateNats]:
    """A running server that the tests themselves started: they may stop it, and start it again."""
    server = PrivateNats(data_dir=tmp_path_factory.mktemp("nats"))
    await server.start()
    yield server
    await server.close()


@pytest.fixture
def nats_url(request: pytest.FixtureRequest) -> str:
    """Address of a server that is only used: the one that TEST_NATS_URL names, or our own."""
    if url := os.environ.get("TEST_NATS_URL"):
        return url
    server: PrivateNats = request.getfixturevalue("private_nats")
    return server.url


@pytest.fixture
async def namespace(nats_url: str) -> AsyncIterator[NatsHarness]:
    """A namespace on a server that is only used."""
    harness = NatsHarness(url=nats_url)
    yield harness
    await harness.close()
