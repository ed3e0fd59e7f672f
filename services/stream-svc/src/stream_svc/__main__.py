"""Run stream-svc: `serve | migrate | topology | check | rebuild | restored`."""

import sys

from leadwire import service
from stream_svc.app import SERVICE


def main() -> int:
    """Run the command that the arguments name; return the exit code."""
    return service.main(SERVICE)


if __name__ == "__main__":
    sys.exit(main())
