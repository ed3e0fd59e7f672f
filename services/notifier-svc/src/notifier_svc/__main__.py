"""The command `notifier-svc`, also as `python -m notifier_svc`; `--help` tells what it can do."""

import sys

from leadwire import service
from notifier_svc.app import SERVICE


def main() -> int:
    """Run what the command line asks for; return the exit code."""
    return service.main(SERVICE)


if __name__ == "__main__":
    sys.exit(main())
