"""What the command `leadwire-standalone` does."""

import asyncio
import os
import signal
import sys

from leadwire.lifecycle import allow_many_open_files, look_for_garbage_seldom
from leadwire.observability import OtelNotInstalledError, export_spans
from leadwire.service import SettingsError
from leadwire_standalone.logs import configure_quiet_logging
from leadwire_standalone.options import Options, as_typed, parse_options
from leadwire_standalone.process import STARTUP_ERRORS, running

EXIT_FAILED = 1
EXIT_WRONG_SETTINGS = 2


async def run(options: Options) -> None:
    """Run everything until SIGINT or SIGTERM.

    Raises:
        ComponentFailedError: Something did not start, or died.
    """
    _stop_on_signals()
    async with running(options) as leadwire:
        print(f"Leadwire is ready at {leadwire.url}", flush=True)
        look_for_garbage_seldom()
        allow_many_open_files()
        await leadwire.supervisor.wait()


def _stop_on_signals() -> None:
    """Cancel the current task at the first signal, wherever it is, also while it starts.

    Later ones change nothing: `make` passes a signal on that the process got already, and a
    second cancellation would end the database before those who use it. Every stop is bounded.
    """
    loop, itself = asyncio.get_running_loop(), asyncio.current_task()

    def stop() -> None:
        if itself is not None and not itself.cancelling():
            itself.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)


def run_command() -> int:
    """Run until interrupted.

    Returns:
        The exit code: 0 after a clean stop; 1 it could not start, or died; 2 a setting is
        wrong.
    """
    options = parse_options()
    configure_quiet_logging()
    try:
        with export_spans(os.environ.get("LEADWIRE_OTEL_ENDPOINT") or None, service="leadwire"):
            asyncio.run(run(options))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 0
    except SettingsError as error:
        for fault in error.faults:
            _complain(fault)
        return EXIT_WRONG_SETTINGS
    except OtelNotInstalledError as error:
        _complain(f"LEADWIRE_OTEL_ENDPOINT is set, but {error}")
        return EXIT_WRONG_SETTINGS
    except STARTUP_ERRORS as error:
        _complain(str(error))
        return EXIT_FAILED
    return 0


def _complain(reason: str) -> None:
    print(f"Leadwire could not run: {as_typed(reason)}", file=sys.stderr)
