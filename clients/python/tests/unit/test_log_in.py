"""A password is exchanged for a token, and the token for the next one in time."""

import asyncio
import io
import threading
from collections.abc import Iterator

import pytest

from leadwire_client import (
    AccessError,
    AsyncClient,
    Client,
    LogIn,
    TransportError,
    UnavailableError,
)
from leadwire_client._core.log_in import ASKED_AGAIN_AFTER, KeptToken
from leadwire_client._core.wire import Answer
from leadwire_client.testing import FakeLeadwire

ADA = LogIn("ada", "open sesame")
ASKED_FOR_TOKEN = ("POST", "/v1/auth/token")


@pytest.fixture
def fake() -> Iterator[FakeLeadwire]:
    with FakeLeadwire() as fake:
        fake.add_user("ada", "open sesame")
        yield fake


def asked(fake: FakeLeadwire) -> list[tuple[str, str]]:
    return [(each.method, each.path) for each in fake.requests]


def test_one_token_does_for_many_requests(fake: FakeLeadwire) -> None:
    with Client(fake.url, credentials=ADA) as client:
        client.add_manager("Ada")
        assert client.me().name == "ada"
        list(client.managers())
    assert [each for each in asked(fake) if each == ASKED_FOR_TOKEN] == [ASKED_FOR_TOKEN]
    assert "open sesame" not in repr(ADA)
    sent = [each.headers.get("authorization", "") for each in fake.requests]
    assert sent[0] == ""
    assert all(each.startswith("Bearer ") for each in sent[1:])


async def test_the_same_for_asyncio_and_at_once(fake: FakeLeadwire) -> None:
    async with AsyncClient(fake.url, credentials=ADA) as client:
        found = await asyncio.gather(*(client.me() for _ in range(10)))
    assert {each.name for each in found} == {"ada"}
    assert asked(fake).count(ASKED_FOR_TOKEN) == 1


def test_threads_share_a_token(fake: FakeLeadwire) -> None:
    with Client(fake.url, credentials=ADA) as client:
        threads = [threading.Thread(target=client.me) for _ in range(10)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(timeout=30)
    assert asked(fake).count(ASKED_FOR_TOKEN) == 1
    assert len(fake.requests) == 11


def test_a_token_that_ends_early_is_replaced_and_nothing_is_done_twice(fake: FakeLeadwire) -> None:
    with Client(fake.url, credentials=ADA) as client:
        client.me()
        fake.end_tokens()
        client.add_manager("Ada")
        assert [each.name for each in client.managers()] == ["Ada"]
    assert asked(fake).count(ASKED_FOR_TOKEN) == 2


async def test_so_it_is_for_asyncio(fake: FakeLeadwire) -> None:
    async with AsyncClient(fake.url, credentials=ADA) as client:
        await client.me()
        fake.end_tokens()
        assert (await client.add_manager("Ada")).name == "Ada"


def test_a_body_that_cannot_be_read_again_is_refused_and_the_next_request_goes_through(
    fake: FakeLeadwire,
) -> None:
    rows = b"First Name,Last Name,Email,Phone\nAda,King,ada@example.com,(212) 555-0131\n"
    with Client(fake.url, credentials=ADA, patience=0) as client:
        client.me()
        fake.end_tokens()
        with pytest.raises(AccessError):
            client.import_leads(io.BytesIO(rows), content_type="text/csv", region="US")
        client.import_leads(io.BytesIO(rows), content_type="text/csv", region="US")


def test_a_stream_whose_token_ended_comes_back_with_another(fake: FakeLeadwire) -> None:
    with Client(fake.url, credentials=ADA) as client:
        frames = iter(client.stream())
        next(frames)
        fake.end_tokens()
        fake.cut_streams()
        lead = fake.add_lead(name="Ada", family_name="King", email="ada@example.com")
        assert any(getattr(each, "id", None) == lead.id for each in frames)
    assert asked(fake).count(ASKED_FOR_TOKEN) == 2


def test_a_wrong_password_is_told_of_as_such(fake: FakeLeadwire) -> None:
    guessed = LogIn("ada", "guessed")
    with Client(fake.url, credentials=guessed) as client, pytest.raises(AccessError) as refused:
        client.me()
    assert (refused.value.status, refused.value.code) == (401, "unauthorized")
    assert asked(fake) == [ASKED_FOR_TOKEN]


def test_a_server_that_cannot_log_in_now_is_asked_again(fake: FakeLeadwire) -> None:
    with Client(fake.url, credentials=ADA) as client:
        fake.refuse_next(503, "unavailable", retry_after=0)
        assert client.me().name == "ada"
        fake.end_tokens()
    with Client(fake.url, credentials=ADA, patience=0) as client:
        fake.refuse_next(429, "too_many_attempts", retry_after=9)
        with pytest.raises(UnavailableError) as refused:
            client.me()
    assert refused.value.retry_after == 9


def test_nothing_was_sent_where_the_log_in_failed(nowhere: str) -> None:
    with (
        Client(nowhere, credentials=ADA, patience=0) as client,
        pytest.raises(TransportError) as lost,
    ):
        client.add_manager("Ada")
    assert not lost.value.sent


def test_where_access_is_off_nobody_needs_a_token() -> None:
    with FakeLeadwire() as fake, Client(fake.url, credentials=ADA) as client:
        assert client.me().auth == "off"
        list(client.managers())
        assert asked(fake).count(ASKED_FOR_TOKEN) == 1
        assert all("authorization" not in each.headers for each in fake.requests)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_token_is_renewed_before_it_ends() -> None:
    clock = Clock()
    kept = KeptToken(ADA, clock=clock)
    good = b'{"access_token": "t", "expires_in": 100, "name": "ada", "roles": []}'
    off = b'{"code": "access_off"}'

    def due_at(now: float) -> bool:
        clock.now = now
        return kept.due

    assert due_at(0)
    assert kept.understand(Answer(status=200, body=good))
    assert kept.proof() == {"Authorization": "Bearer t"}
    assert [due_at(79), due_at(81)] == [False, True]
    assert kept.understand(Answer(status=404, body=off))
    assert kept.proof() == {}
    assert [due_at(80 + ASKED_AGAIN_AFTER), due_at(82 + ASKED_AGAIN_AFTER)] == [False, True]
    assert not kept.understand(Answer(status=404, body=b"{}"))


def test_only_the_token_that_was_refused_is_forgotten() -> None:
    kept = KeptToken(ADA, clock=lambda: 0.0)
    body = b'{"access_token": "%b", "expires_in": 100, "name": "ada", "roles": []}'
    kept.understand(Answer(status=200, body=body % b"old"))
    old = kept.proof()
    kept.understand(Answer(status=200, body=body % b"new"))
    kept.forget(old)
    assert not kept.due
    kept.forget(kept.proof())
    assert kept.due
