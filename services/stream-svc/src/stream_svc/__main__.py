"""The command `stream-svc`, also as `python -m stream_svc`; `--help` tells what it can do."""

import sys

from leadwire import service
from stream_svc.app import SERVICE


def main() -> int:
    """Run what the command line asks for; return the exit code."""
    return service.main(SERVICE)


if __name__ == "__main__":
    sys.exit(main())
