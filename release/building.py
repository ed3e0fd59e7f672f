"""Build wheels and source distributions, the same bytes from the same commit."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from release.errors import ReleaseError


def build(tree: Path, distributions: Iterable[str], *, output: Path, epoch: int) -> None:
    """Build each distribution, the wheel from its source distribution.

    Args:
        tree: A copy with the version.
        distributions: Their directories.
        output: Where to.
        epoch: The moment that all files of an archive bear, in seconds since 1970.

    Raises:
        ReleaseError: One cannot be built.
    """
    for name in distributions:
        run(
            *(tool("uv"), "build", "--quiet", "--offline", "--no-build-isolation", "--no-config"),
            *("--no-create-gitignore", "--python", sys.executable, "--out-dir", str(output)),
            str(tree / name),
            environment={"SOURCE_DATE_EPOCH": str(epoch)},
        )


def check_metadata(files: Sequence[Path]) -> None:
    """Check what an index would refuse, or show badly.

    Raises:
        ReleaseError: There is something.
    """
    run(sys.executable, "-m", "twine", "check", "--strict", *map(str, files))


def checksums(files: Iterable[Path]) -> str:
    """Give the SHA-256 of each file, as `sha256sum --check` reads them."""
    lines = [f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {each.name}\n" for each in files]
    return "".join(lines)


def tool(name: str) -> str:
    """Give the path of a program of this environment."""
    return str(Path(sys.executable).parent / name)


def run(*command: str, environment: dict[str, str] | None = None, within: float = 600) -> str:
    """Run a program to its end; give what it printed.

    Raises:
        ReleaseError: It failed, or took too long.
    """
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=within,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ReleaseError(f"{' '.join(command)} did not end within {within:g} s") from None
    if done.returncode:
        raise ReleaseError(f"{' '.join(command)} failed:\n{done.stdout}")
    return done.stdout
