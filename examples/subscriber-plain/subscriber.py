"""Keep the interested leads as customers, with aio-pika and the standard library alone."""

import asyncio
import json
import os
import sqlite3
import time
from typing import Any

import aio_pika

TYPES = ("lead_interested_created", "lead_not_interested_created", "lead_erased")
QUEUE: dict[str, Any] = {
    "x-queue-type": "quorum",
    "x-delivery-limit": 10**6,  # what cannot be stored just now comes again
    "x-max-length-bytes": 2**30,  # too long: the oldest go
    "x-expires": 14 * 24 * 3600 * 1000,  # unread for two weeks: it goes
}
database = sqlite3.connect("billing.db", isolation_level=None)  # a statement, a transaction
database.execute("CREATE TABLE IF NOT EXISTS customers (lead_id PRIMARY KEY, email, rev)")
database.execute("CREATE TABLE IF NOT EXISTS set_aside (body PRIMARY KEY, reason)")


def handle(body: bytes) -> None:
    event = json.loads(body)
    if event["type"] not in TYPES:
        return  # a replay may bring every type
    lead, rev = event["data"]["lead"], event["data"].get("work", event["data"]["lead"])["rev"]
    if event["type"] == "lead_erased":
        rev = 2**53  # nothing that comes later is newer
        database.execute("DELETE FROM set_aside WHERE instr(body, ?)", [lead["id"].encode()])
    database.execute(  # only the newer: so what comes again, and what comes late, has no effect
        "REPLACE INTO customers SELECT ?1, ?2, ?3"
        " WHERE NOT EXISTS (SELECT * FROM customers WHERE lead_id = ?1 AND rev >= ?3)",
        [lead["id"], lead.get("email"), rev],  # without an email: no customer, or no more
    )


async def consume() -> None:
    async with await aio_pika.connect(os.environ["AMQP_URL"], timeout=10) as connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=20)
        queue = await channel.declare_queue("billing.leads", durable=True, arguments=QUEUE)
        for event_type in TYPES:
            await queue.bind("leadwire.events", routing_key=event_type)
        await queue.bind("leadwire.directed", routing_key=queue.name)  # allows replays
        # Silent for a minute: from the start. A queue that somebody deleted ends no iterator.
        async for message in queue.iterator(timeout=60):
            try:
                handle(message.body)
            except sqlite3.OperationalError:
                raise  # no fault of the message: from the start, and it comes again
            except Exception as error:  # noqa: BLE001 - the next ones go on
                aside = [message.body, type(error).__name__]
                database.execute("INSERT OR IGNORE INTO set_aside VALUES (?, ?)", aside)
            await message.ack()


while True:
    try:
        asyncio.run(consume())
    except Exception as error:  # noqa: BLE001 - a lost connection, or a full disk
        print("from the start:", repr(error), flush=True)
    time.sleep(2)
