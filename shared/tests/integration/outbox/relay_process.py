"""A relay and nothing else, as a process that can be killed.

python relay_process.py DATABASE_URL BROKER_URL BATCH_SIZE
"""

import asyncio
import sys

from prometheus_client import CollectorRegistry

from leadwire.broker import broker_from_url
from leadwire.db import Database
from leadwire.observability import configure_logging
from leadwire.outbox import Relay, RelayMetrics


async def main(database_url: str, broker_url: str, batch_size: str) -> None:
    database = Database(url=database_url, schema="outbox_test", application_name="relay")
    broker = broker_from_url(broker_url, name="relay")
    relay = Relay(
        database=database,
        broker=broker,
        metrics=RelayMetrics(CollectorRegistry()),
        batch_size=int(batch_size),
    )
    await database.start()
    await broker.start()
    await relay.start()
    await relay.wait()


if __name__ == "__main__":
    configure_logging(level="INFO", format="json", service="relay")
    asyncio.run(main(*sys.argv[1:]))
