"""Keep a Leadwire busy while something is rolled out, and tell what its users noticed.

    LEADWIRE_PASSWORD=... load.py http://127.0.0.1:8080 --user admin

Leads are created and marked, lists are read, and streams followed, each request once: none is
repeated, and a new connection is made for each, as by clients that know nothing of each other.
When it is told to end (SIGINT or SIGTERM) it waits until all has come through, and compares what
was answered with the journal and with the streams. Exits with 1 if a request failed, an event is
missing, or a stream ends wrong.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp

JSON = dict[str, Any]

CREATORS, MARKERS, READERS, FOLLOWERS = 3, 2, 2, 3
PAUSE = 0.1
MARKED_AFTER = 5.0
"""Seconds from a lead's creation to its decision; manager-svc has heard of it by then."""

SETTLED_WITHIN = 90.0
REQUEST_WITHIN = aiohttp.ClientTimeout(total=60)
STREAM_WITHIN = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=60)


@dataclass(slots=True)
class Facts:
    """What was asked for and what was seen.

    Attributes:
        created: When each lead was created, by its id.
        waiting: Leads to be marked, the oldest first.
        marked: Leads whose decision was answered.
        requests: How many of each kind there were.
        failures: What went wrong, with a count.
        farewells: How streams ended, with a count.
        unknown: Leads that manager-svc had not heard of, to be marked again.
        late: How often that was so.
    """

    created: dict[str, float] = field(default_factory=dict)
    waiting: deque[str] = field(default_factory=deque)
    marked: set[str] = field(default_factory=set)
    requests: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    farewells: Counter[str] = field(default_factory=Counter)
    unknown: set[str] = field(default_factory=set)
    late: int = 0


class Users:
    """All that use the API at once."""

    def __init__(self, *, session: aiohttp.ClientSession, done: asyncio.Event) -> None:
        self._session = session
        self._done = done
        self._all_created = asyncio.Event()
        self.facts = Facts()
        self.followers = [Follower(session=session, facts=self.facts) for _ in range(FOLLOWERS)]

    async def work(self) -> None:
        """Ask until it is enough; then mark what is left."""
        marking = asyncio.gather(*(self._mark() for _ in range(MARKERS)))
        workers = [
            *(self._repeat(self._create) for _ in range(CREATORS)),
            *(self._repeat(self._read) for _ in range(READERS)),
        ]
        await asyncio.gather(*workers)
        # Not when it is enough: the last leads were asked for by then, and are not answered yet.
        self._all_created.set()
        await marking

    async def _repeat(self, step: Callable[[], Awaitable[None]]) -> None:
        while not self._done.is_set():
            await step()
            await asyncio.sleep(PAUSE)

    async def _create(self) -> None:
        number = uuid4()
        lead = {
            "name": "Grace",
            "family_name": "Hopper",
            "email": f"grace-{number.hex}@example.com",
            "cellphone": f"+1212{200 + number.int % 800}{number.int // 1000 % 10000:04}",
        }
        answer = await self.ask("create", "POST", "/v1/leads", json=lead)
        if answer is not None:
            self.facts.created[answer["id"]] = time.monotonic()
            self.facts.waiting.append(answer["id"])

    async def _mark(self) -> None:
        facts = self.facts
        while facts.waiting or not self._all_created.is_set():
            if not facts.waiting:
                await asyncio.sleep(PAUSE)
                continue
            lead = facts.waiting.popleft()
            await asyncio.sleep(facts.created[lead] + MARKED_AFTER - time.monotonic())
            path, body = f"/v1/leads/{lead}/status", {"status": "interested"}
            if await self.ask("mark", "PUT", path, json=body) is not None:
                facts.marked.add(lead)
            elif lead in facts.unknown:
                facts.unknown.discard(lead)
                facts.waiting.append(lead)

    async def _read(self) -> None:
        await self.ask("list", "GET", "/v1/leads?limit=50")
        await self.ask("managers", "GET", "/v1/managers")
        await self.ask("webhooks", "GET", "/v1/webhooks")
        await self.ask("imports", "GET", "/v1/imports")

    async def ask(self, kind: str, method: str, path: str, **options: Any) -> JSON | None:
        """Return the answer's body, or None, noted as a failure."""
        self.facts.requests[kind] += 1
        try:
            async with self._session.request(
                method, path, timeout=REQUEST_WITHIN, **options
            ) as answer:
                body: JSON = await answer.json(content_type=None)
                if answer.ok:
                    return body
                # A number that happens to be there already is the load's own fault.
                if body.get("code") == "cellphone_exists":
                    return None
                if body.get("code") == "lead_not_found":
                    # Writes are told of in events; on a busy machine that takes seconds.
                    self.facts.unknown.add(path.split("/")[3])
                    self.facts.late += 1
                    return None
                self.facts.failures[f"{kind}: {answer.status} {body.get('code')}"] += 1
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            self.facts.failures[f"{kind}: {type(error).__name__}"] += 1
        return None

    async def journaled(self, event_type: str) -> list[str]:
        """Return the ids of the leads that the journal's events of a type tell of."""
        found: list[str] = []
        query = {"type": event_type, "limit": "1000"}
        while True:
            page = await self.ask("journal", "GET", "/v1/journal", params=query)
            if page is None:
                return found
            for item in page["items"]:
                if item["event"] is None:  # of somebody who was erased: none of ours
                    continue
                data = item["event"]["data"]
                found += [lead["id"] for lead in data.get("leads", [data.get("lead")])]
            if page["next_cursor"] is None:
                return found
            query["cursor"] = page["next_cursor"]


class Follower:
    """Follows all leads, and goes on at its last mark whenever the stream ends."""

    def __init__(self, *, session: aiohttp.ClientSession, facts: Facts) -> None:
        self._session = session
        self._facts = facts
        self._cursor: str | None = None
        self.statuses: dict[str, str] = {}

    async def follow(self) -> None:
        """Follow for ever."""
        while True:
            self._facts.requests["stream"] += 1
            try:
                farewell = await self._follow_once()
            except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, TimeoutError):
                # As when the gateway leaves, which cannot say `bye`: what counts is that nothing
                # is missing after the next stream has gone on from the last mark.
                farewell = "cut"
            except aiohttp.ClientError as error:
                farewell = type(error).__name__
            self._facts.farewells[farewell] += 1
            if farewell not in {"bye", "cut"}:
                self._facts.failures[f"stream: {farewell}"] += 1
            await asyncio.sleep(PAUSE)

    async def _follow_once(self) -> str:
        query = {"follow": "true", "fields": "id,status"}
        if self._cursor is not None:
            query["cursor"] = self._cursor
        async with self._session.get(
            "/v1/leads/stream", params=query, timeout=STREAM_WITHIN
        ) as answer:
            if not answer.ok:
                return str(answer.status)
            async for line in answer.content:
                frame = json.loads(line)
                self._take(frame)
                if frame["type"] in {"bye", "error"}:
                    return str(frame["type"])
        return "cut"

    def _take(self, frame: JSON) -> None:
        match frame["type"]:
            case "put":
                self.statuses[frame["id"]] = frame["lead"]["status"]
            case "gone":
                self.statuses.pop(frame["id"], None)
            case "mark" | "synced":
                self._cursor = frame["cursor"]


async def missing(users: Users) -> JSON:
    """Say what the journal and the streams do not have yet."""
    facts = users.facts
    created = await users.journaled("leads_created")
    interested = await users.journaled("lead_interested_created")
    return {
        "created_not_journaled": len(facts.created.keys() - set(created)),
        "marked_not_journaled": len(facts.marked - set(interested)),
        "streams_behind": [
            sum(each.statuses.get(lead) != "interested" for lead in facts.marked)
            + sum(lead not in each.statuses for lead in facts.created)
            for each in users.followers
        ],
    }


async def settle(users: Users) -> JSON:
    """Wait until nothing is missing, or long enough; return what is missing then."""
    end = time.monotonic() + SETTLED_WITHIN
    left = await missing(users)
    while _is_any(left) and time.monotonic() < end:
        await asyncio.sleep(1)
        left = await missing(users)
    return left


def _is_any(left: JSON) -> bool:
    return any(any(value) if isinstance(value, list) else value for value in left.values())


@asynccontextmanager
async def logged_in(url: str, user: str | None) -> AsyncIterator[aiohttp.ClientSession]:
    """Lend a session with a token, if there is a user."""
    connector = aiohttp.TCPConnector(force_close=True, limit=0)
    async with aiohttp.ClientSession(url, connector=connector) as session:
        if user is not None:
            who = {"username": user, "password": os.environ["LEADWIRE_PASSWORD"]}
            async with session.post("/v1/auth/token", data=who) as answer:
                answer.raise_for_status()
                token = (await answer.json())["access_token"]
            session.headers["Authorization"] = f"Bearer {token}"
        yield session


async def run(url: str, *, user: str | None) -> int:
    """Work until asked to end, and tell; returns the exit code."""
    done = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, done.set)
    async with logged_in(url, user) as session:
        users = Users(session=session, done=done)
        following = [asyncio.create_task(each.follow()) for each in users.followers]
        await users.work()
        left = await settle(users)
        for task in following:
            task.cancel()
    facts = users.facts
    report = {
        "requests": dict(facts.requests),
        "failures": dict(facts.failures),
        "created": len(facts.created),
        "marked": len(facts.marked),
        "not_known_yet": facts.late,
        "streams_ended": dict(facts.farewells),
        **left,
    }
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    return 1 if facts.failures or _is_any(left) else 0


def main() -> int:
    """Read the command line, and run."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("url")
    parser.add_argument("--user", help="whose password is in LEADWIRE_PASSWORD")
    given = parser.parse_args()
    return asyncio.run(run(given.url, user=given.user))


if __name__ == "__main__":
    sys.exit(main())
