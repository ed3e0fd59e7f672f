"""`python -m import_svc serve | migrate | topology | check | resync | restored`."""

import sys


def main() -> int:
    """Run what the command line asks for."""
    # Whatever stands above is done again in each process that judges an import.
    from import_svc.app import SERVICE  # noqa: PLC0415
    from leadwire import service  # noqa: PLC0415

    return service.main(SERVICE)


if __name__ == "__main__":
    sys.exit(main())
