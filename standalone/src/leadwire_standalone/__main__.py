"""The command `leadwire-standalone`, up to where it can be interrupted without a stack trace."""

import signal
import sys


def main() -> int:
    """Run until interrupted; see `leadwire_standalone.command.run_command`."""
    # To import everything takes a moment, in which there is nothing to stop yet.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from leadwire_standalone.command import run_command  # noqa: PLC0415  it is what takes long

    return run_command()


if __name__ == "__main__":
    sys.exit(main())
