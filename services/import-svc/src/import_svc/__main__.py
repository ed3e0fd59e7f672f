"""The command `import-svc`, also as `python -m import_svc`; `--help` tells what it can do."""

import sys


def main() -> int:
    """Run what the command line asks for; return the exit code."""
    # Whatever stands above is done again in each process that judges an import.
    from import_svc.app import SERVICE  # noqa: PLC0415
    from leadwire import service  # noqa: PLC0415

    return service.main(SERVICE)


if __name__ == "__main__":
    sys.exit(main())
