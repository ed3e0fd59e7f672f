"""A service of another team, as a process: plain aio-pika and SQLite, no code of Leadwire.

It has a durable queue of its own, and writes what an event does together with the event's key into
its own store before it acknowledges. `python -m chaos.subscriber --help` lists its vices.
"""

import argparse
import asyncio
import contextlib
import json
import os
import sqlite3
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, Final

import aio_pika

AMQP_URL: Final = "CHAOS_AMQP_URL"
"""Variable with the broker's address, which bears a password: not for a command line."""

QUEUE: Final = "other-team.{name}"

_TABLES: Final = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS deliveries (source, id, at REAL, hash BLOB);
CREATE TABLE IF NOT EXISTS inbox (source, id, PRIMARY KEY (source, id));
CREATE TABLE IF NOT EXISTS unreadable (id PRIMARY KEY);
CREATE TABLE IF NOT EXISTS effects (source, id);
CREATE TABLE IF NOT EXISTS leads (id, side, rev INTEGER, says, PRIMARY KEY (id, side));
CREATE TABLE IF NOT EXISTS news (number INTEGER PRIMARY KEY, id, side, rev INTEGER);
"""

_TAKE: Final = """
INSERT INTO leads VALUES (?, ?, ?, ?) ON CONFLICT (id, side)
DO UPDATE SET rev = excluded.rev, says = excluded.says WHERE rev < excluded.rev
"""
_TAKE_ANYTHING: Final = "INSERT OR REPLACE INTO leads VALUES (?, ?, ?, ?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vices:
    """What is wrong with a subscriber. Only the first two are what a subscriber may be like.

    Attributes:
        slow: Most seconds that it takes for an event.
        crashes: It crashes between its commit and the acknowledgement, once in so many events.
        loses: It acknowledges without an effect every so manieth event.
        repeats: It has the effect of every so manieth event twice.
        believes_old_news: It takes what comes last for the newest.
    """

    slow: float = 0.0
    crashes: int = 0
    loses: int = 0
    repeats: int = 0
    believes_old_news: bool = False


class Store:
    """What the subscriber knows.

    Args:
        path: The file of its database.
        vices: What is wrong with it.
    """

    def __init__(self, path: Path, vices: Vices) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.executescript(_TABLES)
        self._vices = vices
        self._handled = 0

    def take(self, message_id: str | None, body: bytes) -> None:
        """Handle an event, or set it aside."""
        try:
            event = json.loads(body)
        except ValueError:
            with self._database:
                self._database.execute("INSERT OR IGNORE INTO unreadable VALUES (?)", (message_id,))
        else:
            self._handle(event, sha256(body).digest())

    def _handle(self, event: dict[str, Any], digest: bytes) -> None:
        """Have the effect of an event, once."""
        self._handled += 1
        key = (event["source"], event["id"])
        self._database.execute("BEGIN IMMEDIATE")
        with self._database:
            delivery = (*key, time.time(), digest)
            self._database.execute("INSERT INTO deliveries VALUES (?, ?, ?, ?)", delivery)
            known = self._database.execute("INSERT OR IGNORE INTO inbox VALUES (?, ?)", key)
            if known.rowcount == 1:
                self._have_effect(key, event)

    def _have_effect(self, key: tuple[str, str], event: dict[str, Any]) -> None:
        vices = self._vices
        if vices.loses and self._handled % vices.loses == 0:
            self._database.execute("DELETE FROM inbox WHERE (source, id) = (?, ?)", key)
            self._database.execute("DELETE FROM deliveries WHERE (source, id) = (?, ?)", key)
            return
        for _ in range(2 if vices.repeats and self._handled % vices.repeats == 0 else 1):
            self._database.execute("INSERT INTO effects VALUES (?, ?)", key)
        take = _TAKE_ANYTHING if vices.believes_old_news else _TAKE
        for lead, side, rev, says in _sides(event):
            taken = self._database.execute(take, (lead, side, rev, json.dumps(says)))
            if taken.rowcount == 1:
                self._database.execute(
                    "INSERT INTO news (id, side, rev) VALUES (?, ?, ?)", (lead, side, rev)
                )


def _sides(event: dict[str, Any]) -> list[tuple[str, str, int, dict[str, Any]]]:
    """Return lead, side, rev and the side itself of every lead that an event tells of."""
    kind, data = event["type"], event["data"]
    if kind == "leads_created":
        return [(lead["id"], "contact", lead["rev"], lead) for lead in data["leads"]]
    if kind in {"lead_updated", "lead_erased"}:
        return [(data["lead"]["id"], "contact", data["lead"]["rev"], data["lead"])]
    if not kind.startswith("lead_"):
        return []
    work = data["work"] if kind == "lead_interested_created" else data["lead"]
    return [(work["id"], "work", work["rev"], work)]


class Subscriber:
    """Consumes, and begins again after every loss of the connection."""

    def __init__(self, *, name: str, store: Store, vices: Vices, chance: Random) -> None:
        self._name = name
        self._store = store
        self._vices = vices
        self._chance = chance

    async def run(self, url: str) -> None:
        """Consume for ever."""
        while True:
            with contextlib.suppress(aio_pika.exceptions.AMQPError, OSError, TimeoutError):
                async with await aio_pika.connect(url, timeout=5) as connection:
                    await self._consume(connection)
            await asyncio.sleep(self._chance.uniform(0.2, 0.8))

    async def _consume(self, connection: aio_pika.abc.AbstractConnection) -> None:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=20)
        queue = await channel.declare_queue(
            QUEUE.format(name=self._name), durable=True, arguments={"x-queue-type": "quorum"}
        )
        await queue.bind("leadwire.events", routing_key="#")
        await queue.bind("leadwire.directed", routing_key=queue.name)  # allows replays
        print("subscribed", flush=True)  # noqa: T201 - whoever started it waits for this
        async with queue.iterator() as messages:
            async for message in messages:
                await asyncio.sleep(self._chance.uniform(0, self._vices.slow))
                self._store.take(message.message_id, message.body)
                if self._vices.crashes and self._chance.randrange(self._vices.crashes) == 0:
                    os._exit(70)
                await message.ack()


def main() -> None:
    """Run one until it is killed."""
    parser = argparse.ArgumentParser(prog="python -m chaos.subscriber", description=__doc__)
    parser.add_argument("--name", required=True, help="names its queue")
    parser.add_argument("--store", required=True, type=Path, help="file of its database")
    parser.add_argument("--slow", type=float, default=0, metavar="SECONDS", help="most per event")
    parser.add_argument("--crashes", type=int, default=0, metavar="N", help="once in N events")
    parser.add_argument("--loses", type=int, default=0, metavar="N", help="every Nth event")
    parser.add_argument("--repeats", type=int, default=0, metavar="N", help="every Nth effect")
    parser.add_argument("--believes-old-news", action="store_true")
    given = vars(parser.parse_args())
    name, path = given.pop("name"), given.pop("store")
    vices = Vices(**given)
    subscriber = Subscriber(name=name, store=Store(path, vices), vices=vices, chance=Random())
    asyncio.run(subscriber.run(os.environ[AMQP_URL]))


if __name__ == "__main__":
    main()
