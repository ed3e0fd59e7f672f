"""The command behind `make chaos`."""

import argparse
import asyncio
import secrets
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Final

from chaos.plan import Plan, make_plan
from chaos.report import as_table, in_lines, write_events
from chaos.run import Outcome, run
from leadwire.observability import configure_logging

MANUAL: Final = """
Runs two replicas of every service on a RabbitMQ and a Postgres of its own, lets leads come in and
be marked, changed and erased, and meanwhile kills, stops and cuts whatever there is. Once all is
quiet it compares what clients asked for with what was committed, delivered to two subscribers of
other teams, written into the journal, and shown by the stream.

The faults follow from the seed and are printed first: the same seed gives the same plan. How it
meets what runs at that moment is never twice the same.
"""
ENDS: Final = """
Ends with 0 if nothing was lost, doubled or put out of order; with 1 if something was, and then
names each event and where it was last seen, and keeps ledger, stores and logs; with 2 if the run
broke off, as after three times the time and some minutes. docs/guide/proof.md says how to read the
table.
"""


def main() -> int:
    """Run once, and say what came of it."""
    given = _arguments()
    plan = make_plan(seed=given.seed, minutes=given.minutes)
    print(f"seed {plan.seed}, {given.minutes:g} min, {len(plan.faults)} faults:")
    print("\n".join(map(str, plan.faults)), flush=True)
    if given.plan:
        return 0
    configure_logging(level="error", format="text", service="chaos")
    directory = given.directory or Path(tempfile.mkdtemp(prefix="leadwire-chaos-"))
    directory.mkdir(parents=True, exist_ok=True)
    code = _run(plan, directory)
    if code == 0 and given.directory is None:
        shutil.rmtree(directory)
    else:
        print(f"ledger, stores and logs are in {directory}")
    return code


def _run(plan: Plan, directory: Path) -> int:
    began = time.monotonic()
    try:
        outcome = asyncio.run(_run_until_stopped(plan, directory))
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("stopped")
        return 2
    except Exception as error:  # noqa: BLE001 - not a verdict: whatever it was, the run says nothing
        traceback.print_exception(error)
        print(f"broken off after {time.monotonic() - began:.0f} s: {type(error).__name__}")
        return 2
    write_events(outcome.evidence, directory / "events.jsonl")
    print(as_table(outcome))
    if not outcome.findings:
        print("nothing was lost")
        return 0
    (directory / "findings.txt").write_text(in_lines(outcome.findings, most=len(outcome.findings)))
    print(in_lines(outcome.findings))
    return 1


async def _run_until_stopped(plan: Plan, directory: Path) -> Outcome:
    """Run, and end everything that was started also on SIGTERM: killed, it would stay behind."""
    running = asyncio.ensure_future(run(plan, directory=directory, say=_Progress().say))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    return await running


class _Progress:
    """Says what happens, and when."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        """Print a line."""
        print(f"[{time.monotonic() - self._began:5.0f} s] {text}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make chaos",
        description=MANUAL,
        epilog=ENDS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--minutes", type=_minutes, default=1.0, help="how long leads come and are marked (1)"
    )
    parser.add_argument(
        "--seed", type=int, default=secrets.randbelow(10**6), help="of the plan (any)"
    )
    parser.add_argument("--plan", action="store_true", help="print the plan only")
    parser.add_argument("--directory", type=Path, help="where to keep ledger, stores and logs")
    return parser.parse_args()


def _minutes(text: str) -> float:
    minutes = float(text)
    if not 0 < minutes <= 24 * 60:
        raise argparse.ArgumentTypeError("more than 0, at most a day")
    return minutes


if __name__ == "__main__":
    sys.exit(main())
