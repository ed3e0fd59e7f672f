"""One Leadwire on RabbitMQ and one browser, for all tests of a file."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from console.browsing import Windows, started_browser
from console.running import Leadwire
from playwright.async_api import Browser

from leadwire.testing.rabbitmq import RabbitMQServer, Vhost


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def leadwire(rabbitmq_server: RabbitMQServer) -> AsyncIterator[Leadwire]:
    """All services in one process."""
    vhost = Vhost(server=rabbitmq_server)
    await vhost.create()
    with tempfile.TemporaryDirectory(prefix="leadwire-console-") as made:
        directory = Path(made)
        # The account that runs Postgres for root has to pass through.
        directory.chmod(0o711)
        async with Leadwire(directory=directory, broker_url=vhost.url) as running:
            yield running
    await vhost.delete()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The machine's own browser."""
    async with started_browser() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def windows(leadwire: Leadwire, browser: Browser) -> AsyncIterator[Windows]:
    """Windows of the console, in none of which an error may be reported, nor another host asked."""
    windows = Windows(browser=browser, url=leadwire.url)
    yield windows
    await windows.close()
    assert windows.faults == []
    assert {url for url in windows.asked if not url.startswith((leadwire.url, "blob:"))} == set()
