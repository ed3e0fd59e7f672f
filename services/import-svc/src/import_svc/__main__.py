"""`python -m import_svc serve | migrate | topology | check | resync`."""

import sys

from import_svc.app import SERVICE
from leadwire import service


def main() -> int:
    """Run what the command line asks for."""
    return service.main(SERVICE)


if __name__ == "__main__":
    sys.exit(main())
