from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from leadwire.http import Operation, Refusals, add_operations, new_application

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
