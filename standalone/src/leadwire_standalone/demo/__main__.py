"""The command `leadwire-demo`, behind `make demo`."""

import argparse
import asyncio
import signal
import sys
import tempfile
from pathlib import Path

from leadwire_standalone.demo.client import Client, RefusedError
from leadwire_standalone.demo.sample import sample_file
from leadwire_standalone.demo.servers import chosen_broker, temporary_database
from leadwire_standalone.demo.story import Check, NothingImportedError, tell
from leadwire_standalone.demo.subscriber import Subscriber
from leadwire_standalone.logs import configure_quiet_logging
from leadwire_standalone.options import Options, as_typed
from leadwire_standalone.process import STARTUP_ERRORS, running

SAMPLE_REGION = "US"


async def run(*, file: bytes, name: str, region: str | None, embedded: bool) -> list[Check]:
    """Start a Leadwire on temporary data, run the story, and stop it.

    Args:
        file: What to import.
        name: Its file name, which tells the format.
        region: Default region of national phone numbers.
        embedded: Use the broker in the database, whatever else there is.
    """
    # As for SIGINT: cancelled wherever it is, it stops and removes what it started.
    if (itself := asyncio.current_task()) is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, itself.cancel)
    with tempfile.TemporaryDirectory(prefix="leadwire-demo-") as temporary:
        directory = Path(temporary)
        async with (
            chosen_broker(directory, embedded=embedded) as broker,
            temporary_database(directory) as database_url,
        ):
            say(f"broker     {broker.description}")
            options = Options(
                port=0,
                data=directory / "data",
                database_url=database_url,
                broker_url=broker.url,
            )
            async with (
                running(options) as leadwire,
                Client(url=leadwire.url) as client,
                Subscriber(broker_url=leadwire.broker_url) as subscriber,
            ):
                return await tell(client, subscriber, file=file, name=name, region=region, say=say)


def say(line: str) -> None:
    """Print a line now."""
    print(line, flush=True)


def main() -> int:
    """Run the demo.

    Returns:
        The exit code: 0 if every sum agrees, 1 if not, 130 if it was interrupted.
    """
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--file", type=Path, help="CSV, JSON or NDJSON file (default: made up)")
    parser.add_argument("--region", help="default region of national phone numbers, such as US")
    parser.add_argument(
        "--embedded-broker", action="store_true", help="use the broker in Postgres in any case"
    )
    given = parser.parse_args()
    if given.file and not given.file.is_file():
        parser.error(f"there is no file {given.file}")
    configure_quiet_logging(level="error")
    story = run(
        file=given.file.read_bytes() if given.file else sample_file(),
        name=given.file.name if given.file else "sample.csv",
        region=given.region or (None if given.file else SAMPLE_REGION),
        embedded=given.embedded_broker,
    )
    try:
        checks = asyncio.run(story)
    except (KeyboardInterrupt, asyncio.CancelledError):
        say("interrupted; what was started for the demo is stopped and removed")
        return 130
    except (*STARTUP_ERRORS, RefusedError, NothingImportedError, AssertionError) as error:
        say(f"FAIL       {as_typed(str(error))}")
        return 1
    for check in checks:
        say(f"{'ok  ' if check.holds else 'FAIL'}       {check.claim}")
        if not check.holds:
            say(f"           expected {check.expected}\n           found    {check.found}")
    return 0 if all(check.holds for check in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
