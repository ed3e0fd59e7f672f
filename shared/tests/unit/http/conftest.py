from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from leadwire.access import Authenticator
from leadwire.http import Operation, Refusals, add_operations, new_application
from leadwire.testing.access import Keyring, keyring_in

Client = TestClient[web.Request, web.Application]
ServeOperations = Callable[..., Awaitable[Client]]


@pytest.fixture
async def serve() -> AsyncIterator[ServeOperations]:
    """Serve operations, or an application, on a free port; gives a client for it."""
    clients: list[Client] = []

    async def start(
        *operations: Operation,
        app: web.Application | None = None,
        max_body: int = 1024,
        refusals: Refusals | None = None,
    ) -> Client:
        served = app or new_application(
            title="probe", version="1.2.3", authenticator=None, max_body=max_body
        )
        add_operations(served, operations, refusals)
        client: Client = TestClient(TestServer(served))
        await client.start_server()
        clients.append(client)
        return client

    yield start
    for client in clients:
        await client.close()


@pytest.fixture
def places() -> Callable[[Sequence[dict[str, str]]], list[tuple[str, str]]]:
    """Reduce a problem's errors to where they are."""
    return lambda errors: [(each["in"], each["path"]) for each in errors]


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return keyring_in(tmp_path)


@pytest.fixture
def guarded(keyring: Keyring) -> Callable[[str], web.Application]:
    """Make an application with access on, which trusts these proxies."""

    def make(proxies: str) -> web.Application:
        authenticator = Authenticator(
            users_file=keyring.users_file,
            token_keys_file=keyring.token_keys_file,
            token_lifetime=timedelta(hours=1),
            look_every=0.02,
        )
        return new_application(
            title="probe", version="1", authenticator=authenticator, trusted_proxies=proxies
        )

    return make
