"""The command `manager-svc`, also as `python -m manager_svc`; `--help` tells what it can do."""

import sys

from leadwire import service
from manager_svc.app import SERVICE


def main() -> int:
    """Run what the command line asks for; return the exit code."""
    return service.main(SERVICE)


if __name__ == "__main__":
    sys.exit(main())
