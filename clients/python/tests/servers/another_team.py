"""A service of another team, which consumes what Leadwire publishes."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import aio_pika

from leadwire.broker import Accepted, Message
from leadwire.broker.rabbitmq import RabbitMQBroker
from leadwire_client import Backoff
from leadwire_client.consumer import Consumer, Counts, Policy, Unit
from leadwire_client.consumer.sqlite import SqliteStore
from leadwire_client.events import Event, write_event

QUEUE = "billing.leads"
TYPES = ("lead_interested_created", "lead_erased")
QUICK = Policy(max_attempts=3, retry_delays=(0.1, 0.2))


class Team:
    """Another team: a store, and a handler that notes each event and then does as it is told."""

    def __init__(self, url: str, path: Path) -> None:
        self.url = url
        self.store = SqliteStore(path)
        self.store.connection.execute("CREATE TABLE IF NOT EXISTS notes (event_id)")
        self.seen: list[Event] = []
        self.failures: list[Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.counts = Counts()

    async def handle(self, event: Event, unit: Unit[sqlite3.Connection]) -> None:
        unit.connection.execute("INSERT INTO notes VALUES (?)", (event.id,))
        self.seen.append(event)
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop(0)

    def consumer(self, **options: Any) -> Consumer[sqlite3.Connection]:
        given: dict[str, Any] = {
            "queue": QUEUE,
            "types": TYPES,
            "policy": QUICK,
            "backoff": Backoff(first=0.05, most=0.2),
            "metrics": self.counts,
            **options,
        }
        url = given.pop("url", self.url)
        return Consumer(url, handler=self.handle, store=self.store, **given)

    @property
    def notes(self) -> list[str]:
        rows = self.store.connection.execute("SELECT event_id FROM notes ORDER BY rowid")
        return [event_id for (event_id,) in rows]

    def has(self, *expected: Event) -> bool:
        return self.notes == [each.id for each in expected]


async def publish(broker: RabbitMQBroker, *published: Event) -> None:
    batch = [
        Message(id=each.id, type=each.type.value, body=write_event(each)) for each in published
    ]
    assert await broker.publish(batch) == [Accepted()] * len(batch)


async def depth(url: str, queue: str) -> int:
    async with await aio_pika.connect(url) as connection:
        declared = await (await connection.channel()).declare_queue(queue, passive=True)
        return declared.declaration_result.message_count or 0


async def depth_is(url: str, queue: str, expected: int) -> bool:
    return await depth(url, queue) == expected
