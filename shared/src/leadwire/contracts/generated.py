"""A document that is generated from the models: write it, or see whether it is up to date."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path


def write_or_compare(
    arguments: Sequence[str] | None, *, module: str, document: Path, render: Callable[[], str]
) -> int:
    """Run the command line of a generated document.

    Args:
        arguments: `--check` compares and writes nothing; `--output` names another file.
        module: Whose command it is.
        document: Where the document stands.
        render: Gives the document as it has to be.

    Returns:
        The exit code: 1 if `--check` found another document.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {module}")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--output", type=Path, default=document, help="default: %(default)s")
    options = parser.parse_args(arguments)
    path: Path = options.output
    if not options.check:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render(), encoding="utf-8")
        return 0
    if path.is_file() and path.read_text(encoding="utf-8") == render():
        return 0
    sys.stderr.write(
        f"{path} does not say what the event models say: "
        f"run `python -m {module}` and review the difference\n"
    )
    return 1
