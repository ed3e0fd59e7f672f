"""`leadwire`: reads what was given, runs the command, and says how it ended."""

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import Final

from leadwire_client._core.decoding import FOREIGN
from leadwire_client.command.connecting import HOW_TO_SAY_WHO
from leadwire_client.command.exits import INTERRUPTED, REFUSED, UNREACHABLE, WRONG_USE
from leadwire_client.command.printable import printable
from leadwire_client.command.registry import parser
from leadwire_client.errors import (
    AccessError,
    CheckpointError,
    LeadwireError,
    ProblemError,
    ProtocolError,
    TransportError,
)

UNAUTHORIZED: Final = 401


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    given = parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = given.run
    _write_whatever_comes()
    try:
        code = run(given)
        # A reader that has gone is noticed here, and not when the interpreter ends.
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever reads what is printed has enough, as `head` has. Nothing more is flushed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except (LeadwireError, OSError, ValueError, TimeoutError) as error:
        _tell(error)
        return _exit_code(error)


def _write_whatever_comes() -> None:
    """Let a name that the terminal's encoding lacks be escaped, and not end the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _tell(error: Exception) -> None:
    lines = [f"leadwire: {error}"]
    if isinstance(error, ProblemError):
        lines += [f"  {each.get('path')}: {each.get('message')}" for each in error.errors]
    if isinstance(error, AccessError) and error.status == UNAUTHORIZED:
        lines.append("  " + HOW_TO_SAY_WHO)
    if isinstance(error, ProtocolError) or (
        isinstance(error, ProblemError) and error.code == FOREIGN
    ):
        lines.append("  Leadwire does not answer so: `leadwire doctor` says what may be wrong")
    sys.stderr.write("".join(f"{printable(line)}\n" for line in lines))


def _exit_code(error: Exception) -> int:
    if isinstance(error, TransportError):
        return UNREACHABLE
    if isinstance(error, LeadwireError) and not isinstance(error, CheckpointError):
        return REFUSED
    return WRONG_USE


if __name__ == "__main__":
    sys.exit(main())
