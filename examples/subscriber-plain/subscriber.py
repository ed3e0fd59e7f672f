"""Keep the interested leads as customers, with aio-pika and the standard library alone."""

import asyncio
import json
import os
import sqlite3
from typing import Any

import aio_pika

TYPES = ("lead_interested_created", "lead_not_interested_created", "lead_erased")
QUEUE: dict[str, Any] = {
    "x-queue-type": "quorum",
    "x-delivery-limit": 10**6,  # what cannot be stored just now comes again
    "x-max-length-bytes": 2**30,  # too long: the oldest go
    "x-expires": 14 * 24 * 3600 * 1000,  # unread for two weeks: it goes
}
# Only the newer has an effect: so what comes again has none, and what comes late.
TAKE = """INSERT INTO customers VALUES (?, ?, ?) ON CONFLICT (lead_id) DO UPDATE
    SET email = excluded.email, rev = excluded.rev WHERE excluded.rev > rev"""
SET_ASIDE = "INSERT OR IGNORE INTO set_aside VALUES (?, ?)"
database = sqlite3.connect("billing.db", isolation_level=None)  # a statement, a transaction
database.execute("CREATE TABLE IF NOT EXISTS customers (lead_id PRIMARY KEY, email, rev)")
database.execute("CREATE TABLE IF NOT EXISTS set_aside (event_id PRIMARY KEY, reason)")


def handle(body: bytes) -> None:
    event = json.loads(body)
    if event["type"] in TYPES:  # a replay may bring every type
        lead, erased = event["data"]["lead"], event["type"] == "lead_erased"
        # Nothing is newer than an erasure. Without an email: no customer, or no more.
        rev = 2**53 if erased else event["data"].get("work", lead)["rev"]
        database.execute(TAKE, [lead["id"], lead.get("email"), rev])


async def consume() -> None:
    async with await aio_pika.connect(os.environ["AMQP_URL"], timeout=10) as connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=20)
        queue = await channel.declare_queue("billing.leads", durable=True, arguments=QUEUE)
        for event_type in TYPES:
            await queue.bind("leadwire.events", routing_key=event_type)
        await queue.bind("leadwire.directed", routing_key=queue.name)  # allows replays
        # A queue that somebody deleted ends no iterator: silence does.
        async for message in queue.iterator(timeout=900):
            try:
                handle(message.body)
            except sqlite3.OperationalError:
                raise  # no fault of the message: unacknowledged, it comes again
            except Exception as error:  # noqa: BLE001 - the next ones go on
                database.execute(SET_ASIDE, [message.message_id, type(error).__name__])
            await message.ack()
    raise ConnectionError("the broker is gone")


asyncio.run(consume())  # any failure ends it: whatever runs it starts it again
