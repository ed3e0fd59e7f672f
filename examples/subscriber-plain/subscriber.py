"""Keep the interested leads as customers, with aio-pika and the standard library alone."""

import asyncio
import json
import os
import sqlite3
from typing import Any

import aio_pika

DECISIONS = ("lead_interested_created", "lead_not_interested_created")
TYPES = (*DECISIONS, "lead_erased")
ERASED = 2**53  # the rev of an erased lead: nothing that comes later is newer

DAY = 24 * 3600 * 1000
BOUNDED: dict[str, Any] = {
    "x-queue-type": "quorum",
    "x-max-length-bytes": 2**30,  # too long: the oldest go
    "x-overflow": "drop-head",
}
DEAD = BOUNDED | {"x-message-ttl": 30 * DAY}
ARGUMENTS = BOUNDED | {
    "x-expires": 14 * DAY,  # unread for two weeks: it goes
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": "billing.dead",
}


def handle(database: sqlite3.Connection, event: dict[str, Any]) -> None:
    if event["type"] not in TYPES:
        return  # a replay may bring every type
    with database:  # one transaction: the event's key and its effect, or neither
        key = database.execute(
            "INSERT INTO inbox VALUES (?, ?) ON CONFLICT DO NOTHING", (event["source"], event["id"])
        )
        if key.rowcount == 1:
            database.execute(
                "INSERT INTO customers VALUES (:id, :email, :interested, :rev)"
                " ON CONFLICT (lead_id) DO UPDATE SET email = excluded.email,"
                " interested = excluded.interested, rev = excluded.rev"
                " WHERE rev < excluded.rev",  # the newer is taken, the older dropped
                customer(event["type"], event["data"]),
            )


def customer(event_type: str, data: dict[str, Any]) -> dict[str, Any]:
    lead, interested = data["lead"], event_type == "lead_interested_created"
    # `work` is the whole state of the work on the lead, with its rev.
    rev = data.get("work", lead)["rev"] if event_type in DECISIONS else ERASED
    return {"id": lead["id"], "email": lead.get("email"), "interested": interested, "rev": rev}


async def consume(database: sqlite3.Connection, url: str) -> None:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=20)
        await channel.declare_queue("billing.dead", durable=True, arguments=DEAD)
        queue = await channel.declare_queue("billing.leads", durable=True, arguments=ARGUMENTS)
        for event_type in TYPES:
            await queue.bind("leadwire.events", routing_key=event_type)
        await queue.bind("leadwire.directed", routing_key=queue.name)  # allows replays
        # Silent for a minute: from the start. A queue that somebody deleted ends no iterator.
        async with queue.iterator(timeout=60) as messages:
            print("subscribed", flush=True)
            async for message in messages:
                try:
                    handle(database, json.loads(message.body))
                except Exception as error:  # noqa: BLE001 - the next ones go on
                    print("set aside:", type(error).__name__, flush=True)
                    await message.reject()  # to billing.dead
                else:
                    await message.ack()


async def main() -> None:
    database, url = sqlite3.connect("billing.db"), os.environ["AMQP_URL"]
    database.execute("CREATE TABLE IF NOT EXISTS inbox (source, id, PRIMARY KEY (source, id))")
    database.execute(
        "CREATE TABLE IF NOT EXISTS customers (lead_id PRIMARY KEY, email, interested, rev)"
    )
    while True:
        try:
            await consume(database, url)
        except Exception as error:  # noqa: BLE001 - aio-pika has many words for a lost connection
            print("from the start:", repr(error), flush=True)
        await asyncio.sleep(2)


asyncio.run(main())
