"""`python -m notifier_svc serve | migrate | topology | check | restored`."""

import sys

from leadwire import service
from notifier_svc.app import SERVICE


def main() -> int:
    """Run what the command line asks for."""
    return service.main(SERVICE)


if __name__ == "__main__":
    sys.exit(main())
