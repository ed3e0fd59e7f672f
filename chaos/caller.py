"""Ask any replica of a service, again and again until it answers, and keep the ledger of it."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final, TypeAlias

import aiohttp

from chaos.facts import Fact
from chaos.ledger import Ledger

JSON: TypeAlias = Mapping[str, Any]

PATIENCE: Final = 90.0
"""Seconds after which a client gives up; what became of its request is open then."""

EXCUSED: Final = frozenset({"lead_not_found", "lead_erased"})
"""Refusals that may be: clients erase leads that others work on."""

_ONE_TRY: Final = aiohttp.ClientTimeout(total=10)
_REST: Final = (0.1, 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for.

    Attributes:
        service: Whom.
        facts: What is so if it is done.
        settles: Tells of the body of a good answer whether that is the end of it; else the same
            is asked again.
        fulfils: Tells of the body of a good answer whether all was done.
        done_before: Codes of refusals that say that it is done already. Nobody else asks for the
            same: so an earlier try did it, whose answer was lost.
        options: Arguments for the HTTP client.
    """

    service: str
    method: str
    path: str
    facts: Collection[Fact] = ()
    settles: Callable[[JSON], bool] = lambda _body: True
    fulfils: Callable[[JSON], bool] = lambda _body: True
    done_before: Collection[str] = ()
    options: JSON


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said at last; nothing (status 0) if it never answered.

    Attributes:
        done: Whether it was done, by this try or an earlier one.
    """

    status: int
    body: JSON
    done: bool


NO_ANSWER: Final = Answer(0, {}, done=False)


class Caller:
    """Sends requests to replicas, to any of them at each try.

    Args:
        session: The HTTP client.
        replicas: Addresses of each service.
        ledger: Told of every request before it is sent, and of the last answer.
        chance: Chooses replicas and pauses.
    """

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession,
        replicas: Mapping[str, Sequence[str]],
        ledger: Ledger,
        chance: Random,
    ) -> None:
        self._session = session
        self._replicas = replicas
        self._ledger = ledger
        self._chance = chance

    async def ask(self, request: Request) -> Answer:
        """Return the answer, or `NO_ANSWER` once patience is over."""
        number = self._ledger.attempt(request.facts)
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._until_answered(request)
        except TimeoutError:
            return NO_ANSWER
        refused = not answer.done and answer.body.get("code") not in EXCUSED
        said = _said(request, answer) if refused else ""
        self._ledger.answer(number, done=answer.done, said=said)
        return answer

    async def _until_answered(self, request: Request) -> Answer:
        while True:
            tried = await self._try(request)
            if tried is not None:
                status, body = tried
                done_before = body.get("code") in request.done_before
                done = status < 300 and request.fulfils(body)
                return Answer(status, body, done=done or done_before)
            await asyncio.sleep(self._chance.uniform(*_REST))

    async def _try(self, request: Request) -> tuple[int, JSON] | None:
        """Send it once; return status and body, or None if there was no answer that settles it."""
        url = f"{self._chance.choice(self._replicas[request.service])}{request.path}"
        try:
            async with self._session.request(
                request.method, url, timeout=_ONE_TRY, **request.options
            ) as response:
                if response.status >= 500 or "Retry-After" in response.headers:
                    return None
                body = await response.json() if response.status != 204 else {}
                settled = not response.ok or request.settles(body)
                return (response.status, body) if settled else None
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None


def _said(request: Request, answer: Answer) -> str:
    why = answer.body.get("code") or answer.body.get("failures")
    return f"{request.method} {request.path}: {answer.status} {why}"
