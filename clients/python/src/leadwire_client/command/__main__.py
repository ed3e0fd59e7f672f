"""`leadwire import FILE`, `leadwire tail`: what it takes, and how it ends."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import Final

from leadwire_client.command import importing, tailing
from leadwire_client.command.connecting import CONNECTION, add_connection
from leadwire_client.command.exits import INTERRUPTED, REFUSED, UNREACHABLE
from leadwire_client.errors import LeadwireError, ProblemError, TransportError

_DESCRIPTION: Final = """\
Import leads into Leadwire, and watch what becomes of them.

examples:
  leadwire import leads.csv --region US --failures failures.csv
  leadwire tail --status pending,reached_out --follow
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    given = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = given.run
    try:
        return run(given)
    except BrokenPipeError:
        # Whoever reads what is printed has enough, as `head` has. Nothing more is flushed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except (LeadwireError, OSError, ValueError, TimeoutError) as error:
        sys.stderr.write(f"leadwire: {error}\n")
        return _exit_code(error)


def _exit_code(error: Exception) -> int:
    if isinstance(error, TransportError):
        return UNREACHABLE
    return REFUSED if isinstance(error, ProblemError | LeadwireError) else 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="leadwire",
        description=_DESCRIPTION,
        epilog=CONNECTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, module in (("import", importing), ("tail", tailing)):
        command = commands.add_parser(
            name,
            help=module.SUMMARY,
            description=module.DESCRIPTION,
            epilog=CONNECTION,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        add_connection(command)
        command.set_defaults(run=module.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
