"""The command `leadwire-standalone`."""

import asyncio
import signal
import sys

from leadwire_standalone.logs import configure_quiet_logging
from leadwire_standalone.options import Options, parse_options
from leadwire_standalone.process import STARTUP_ERRORS, running


async def run(options: Options) -> None:
    """Run everything until SIGINT or SIGTERM.

    Raises:
        ComponentFailedError: Something did not start, or died.
    """
    # As for SIGINT: cancelled wherever it is, also while it starts, it stops cleanly.
    if (itself := asyncio.current_task()) is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, itself.cancel)
    async with running(options) as leadwire:
        print(f"Leadwire is ready at {leadwire.url}", flush=True)
        await leadwire.supervisor.wait()


def main() -> int:
    """Run until interrupted; return the exit code: 0 after a clean stop."""
    options = parse_options()
    configure_quiet_logging()
    try:
        asyncio.run(run(options))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 0
    except STARTUP_ERRORS as error:
        print(f"Leadwire could not run: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
