"""The ledger says what was asked for and what was confirmed, whatever becomes of the answers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from pathlib import Path
from random import Random

import aiohttp
import pytest
from aiohttp import web

from chaos.caller import Answer, Caller, Request
from chaos.facts import Fact, lead_erased
from chaos.ledger import Ledger, Notes

Reply = Callable[[], web.Response]
Ask = Callable[..., Awaitable[tuple[Answer, Notes]]]

FACT = lead_erased("lead-1")


def say(status: int, code: str | None = None, **headers: str) -> Reply:
    return lambda: web.json_response({"code": code} if code else {}, status=status, headers=headers)


def hang_up() -> web.Response:
    raise asyncio.CancelledError


@pytest.fixture
async def ask(tmp_path: Path) -> AsyncIterator[Ask]:
    """Ask a service that gives these replies, one at each try; return answer and ledger."""
    replies: list[Reply] = []
    seen: list[Notes] = []
    path = tmp_path / "ledger.jsonl"

    async def reply(_request: web.Request) -> web.Response:
        seen.append(Notes.read(path))
        return replies.pop(0)()

    application = web.Application()
    application.router.add_delete("/lead", reply)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()

    async def ask_for(*given: Reply, done_before: Collection[str] = ()) -> tuple[Answer, Notes]:
        replies.extend(given)
        async with aiohttp.ClientSession() as session:
            with Ledger(path) as ledger:
                caller = Caller(
                    session=session,
                    replicas={"import_svc": [site.name]},
                    ledger=ledger,
                    chance=Random(1),
                )
                request = Request(
                    service="import_svc",
                    method="DELETE",
                    path="/lead",
                    facts=[FACT],
                    done_before=done_before,
                    options={},
                )
                answer = await caller.ask(request)
        assert not replies, "all tries were made"
        assert all(notes.attempted == {FACT} and not notes.confirmed for notes in seen)
        return answer, Notes.read(path)

    yield ask_for
    await runner.cleanup()


def notes(*, confirmed: bool, refused: int = 0) -> tuple[set[Fact], set[Fact], int]:
    return {FACT}, {FACT} if confirmed else set(), refused


def noted(found: Notes) -> tuple[set[Fact], set[Fact], int]:
    return found.attempted, found.confirmed, len(found.refused)


async def test_what_is_done_is_confirmed_after_it_was_attempted(ask: Ask) -> None:
    answer, found = await ask(say(200))
    assert answer.done
    assert noted(found) == notes(confirmed=True)


async def test_a_lost_answer_a_fault_and_a_plea_to_wait_are_asked_again(ask: Ask) -> None:
    waiting = say(409, "import_running", **{"Retry-After": "5"})
    answer, found = await ask(hang_up, say(503), say(500), waiting, say(200))
    assert answer.done
    assert noted(found) == notes(confirmed=True)


async def test_a_refusal_that_shows_that_an_earlier_try_did_it_confirms(ask: Ask) -> None:
    answer, found = await ask(hang_up, say(404, "lead_not_found"), done_before=["lead_not_found"])
    assert answer.done
    assert noted(found) == notes(confirmed=True)


async def test_any_other_refusal_is_a_fault(ask: Ask) -> None:
    answer, found = await ask(say(409, "illegal_transition"), done_before=["email_exists"])
    assert not answer.done
    assert noted(found) == notes(confirmed=False, refused=1)


async def test_that_somebody_else_erased_the_lead_is_no_fault(ask: Ask) -> None:
    answer, found = await ask(say(404, "lead_not_found"))
    assert not answer.done
    assert noted(found) == notes(confirmed=False)


def test_an_attempt_without_an_answer_is_open(tmp_path: Path) -> None:
    """As of a client that was killed, or gave up: it may have been done, and need not."""
    path = tmp_path / "ledger.jsonl"
    with Ledger(path) as ledger:
        ledger.attempt([FACT])
    assert noted(Notes.read(path)) == notes(confirmed=False)
