"""Environments that hold what was built, and nothing of this tree."""

import sys
from collections.abc import Sequence
from pathlib import Path

from release.building import run, tool
from release.errors import ReleaseError


class Environment:
    """A new virtual environment.

    Args:
        directory: Where it is made.
    """

    def __init__(self, directory: Path) -> None:
        self.python = directory / "bin" / "python"
        run(sys.executable, "-m", "venv", "--without-pip", str(directory))

    def install(self, lock: Path, wheels: Sequence[Path]) -> None:
        """Install what a lock pins, by its hashes, and then these wheels alone.

        Raises:
            ReleaseError: That failed, or the wheels need something that the lock has not.
        """
        self._install("--require-hashes", "-r", str(lock))
        self._install("--no-deps", *map(str, wheels))
        run(tool("uv"), "pip", "check", "--python", str(self.python))

    def program(self, name: str) -> str:
        """Give the path of a program that was installed."""
        return str(self.python.parent / name)

    def _install(self, *what: str) -> None:
        try:
            run(tool("uv"), "pip", "install", "--quiet", "--python", str(self.python), *what)
        except ReleaseError:
            # uv does not read pip's configuration: behind a private index pip has the last word.
            run(sys.executable, "-m", "pip", "--python", str(self.python), "install", *what)
