"""`billing run` takes events until it is stopped, `billing customers` shows what it knows.

`AMQP_URL` says where RabbitMQ is, `BILLING_DATABASE` the file of the database.
"""

import argparse
import asyncio
import logging
import os
import signal
import sys

from billing.customers import TYPES, handle
from billing.sql import query
from leadwire_client.consumer import Consumer, ConsumerError
from leadwire_client.consumer.sqlite import SqliteStore


def main() -> int:
    """Run a command; return the exit code."""
    parser = argparse.ArgumentParser(prog="billing", description=__doc__)
    parser.add_argument("command", choices=("run", "customers"))
    command = parser.parse_args().command
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    store = SqliteStore(os.environ.get("BILLING_DATABASE", "billing.db"))
    store.connection.executescript(query("tables"))
    try:
        if command == "run":
            asyncio.run(_run(store))
        else:
            for row in store.connection.execute(query("list_customers")):
                print(*row)
    except ConsumerError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        store.close()
    return 0


async def _run(store: SqliteStore) -> None:
    consumer = Consumer(
        os.environ.get("AMQP_URL", "amqp://localhost/"),
        queue="billing.leads",
        types=TYPES,
        handler=handle,
        store=store,
    )
    await consumer.run(stop_on=[signal.SIGINT, signal.SIGTERM])


if __name__ == "__main__":
    sys.exit(main())
