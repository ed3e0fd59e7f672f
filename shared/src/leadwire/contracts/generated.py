"""The command of a module that writes files of the repository from the code, or checks them."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


def write_or_check(
    arguments: Sequence[str] | None,
    *,
    description: str | None,
    files: Callable[[], Mapping[Path, str]],
    alone: str | None = None,
) -> int:
    """Write the files, or with `--check` only tell which are not current.

    Args:
        arguments: Of the command line; None for those of the process.
        description: What `--help` says.
        files: Gives the text of each file by its path within the repository.
        alone: Pattern of paths that these files alone may have: others are removed.

    Returns:
        The exit code: 1 if `--check` found a file old, missing or one too many.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="change nothing, only compare")
    parser.add_argument("--root", type=Path, default=Path(), help="of the repository")
    given = parser.parse_args(arguments)
    wanted = {given.root / path: text for path, text in files().items()}
    stale = [path for path, text in wanted.items() if _read(path) != text]
    superfluous = sorted(set(given.root.glob(alone)) - wanted.keys()) if alone else []
    if given.check:
        for path in (*stale, *superfluous):
            sys.stderr.write(f"{path} is not current: run this module without --check\n")
        return 1 if stale or superfluous else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8")
    for path in superfluous:
        path.unlink()
    return 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
