"""The command of a module that writes a file of this repository from the code."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path


def write_or_check(text: Callable[[], str], *, description: str | None, default_path: Path) -> int:
    """Write the file, or with `--check` return 1 if it is not current.

    Args:
        text: Gives what the file must hold.
        description: What `--help` says.
        default_path: Where the file is.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="change nothing, only compare")
    parser.add_argument("--path", type=Path, default=default_path)
    given = parser.parse_args()
    wanted = text()
    if not given.check:
        given.path.write_text(wanted)
        return 0
    if not given.path.exists() or given.path.read_text() != wanted:
        sys.stderr.write(f"{given.path} is not current: run this module without --check\n")
        return 1
    return 0
