"""What both clients ask for again, and what not."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from leadwire_client import AsyncClient, Backoff, Client, TransportError, UnavailableError
from leadwire_client.testing import FakeLeadwire

WithAsyncClient = Callable[[Callable[[AsyncClient], Any]], Any]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_read_is_tried_again(client: Client, fake: FakeLeadwire, status: int) -> None:
    fake.refuse_next(status, "later", times=3)
    assert client.count_leads().total == 0
    assert len(fake.requests) == 4


def test_an_asyncio_read_is_tried_again(
    fake: FakeLeadwire, with_async_client: WithAsyncClient
) -> None:
    async def do(client: AsyncClient) -> int:
        fake.refuse_next(503, "later", times=2)
        return (await client.count_leads()).total

    assert with_async_client(do) == 0
    assert len(fake.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 404, 409, 500])
def test_what_will_not_pass_is_not_tried_again(
    client: Client, fake: FakeLeadwire, status: int
) -> None:
    fake.refuse_next(status, "no")
    with pytest.raises(Exception, match=f"{status} no"):
        client.count_leads()
    assert len(fake.requests) == 1


def test_a_manager_is_never_added_twice(client: Client, fake: FakeLeadwire) -> None:
    fake.refuse_next(503, "unavailable")
    with pytest.raises(UnavailableError):
        client.add_manager("Grace")
    assert len(fake.requests) == 1


def test_the_next_lead_is_asked_for_again_under_the_same_name(
    client: Client, fake: FakeLeadwire
) -> None:
    manager = fake.add_manager("Grace", capacity=2)
    client.pause_manager(manager.id)
    lead = fake.add_lead(name="Ada", family_name="L", email="ada@example.com")
    fake.refuse_next(503, "unavailable")
    assert client.next_lead(manager.id).id == lead.id
    first, second = fake.requests[-2:]
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert (
        client.next_lead(manager.id, idempotency_key=first.headers["idempotency-key"]).id == lead.id
    )


def test_patience_has_an_end(fake: FakeLeadwire) -> None:
    fake.refuse_next(503, "unavailable", times=1000)
    backoff = Backoff(first=0.02, most=0.02)
    with (
        Client(fake.url, patience=1.0, backoff=backoff) as client,
        pytest.raises(UnavailableError),
    ):
        client.count_leads()
    assert 1 < len(fake.requests) <= 101


def test_a_server_that_is_not_there_is_an_error_of_ours(nowhere: str) -> None:
    with Client(nowhere, patience=0.05) as client, pytest.raises(TransportError) as failed:
        client.count_leads()
    assert not failed.value.sent

    async def ask() -> None:
        async with AsyncClient(nowhere, patience=0.05) as client:
            await client.count_leads()

    with pytest.raises(TransportError):
        asyncio.run(ask())
