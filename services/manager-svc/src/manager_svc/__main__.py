"""`python -m manager_svc serve | migrate | topology | check | resync | restored`."""

import sys

from leadwire import service
from manager_svc.app import SERVICE


def main() -> int:
    """Run what the command line asks for."""
    return service.main(SERVICE)


if __name__ == "__main__":
    sys.exit(main())
