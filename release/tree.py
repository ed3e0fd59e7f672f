"""What is released: the last commit, and nothing beside it."""

import io
import subprocess
import tarfile
from pathlib import Path

from release.errors import ReleaseError


def check(root: Path, version: str) -> None:
    """Check that the last commit is all there is, and may bear the version.

    Raises:
        ReleaseError: Something is not committed, or the version is another commit's.
    """
    if changed := _git(root, "status", "--porcelain").strip():
        raise ReleaseError(f"commit or remove first what is not committed:\n{changed}")
    tagged = _git(root, "tag", "--list", f"v{version}").strip()
    if tagged and tagged not in _git(root, "tag", "--points-at", "HEAD").split():
        raise ReleaseError(f"the tag {tagged} is at another commit: take the next version")


def export(root: Path, target: Path) -> None:
    """Write the last commit's files into a directory."""
    packed = subprocess.run(
        ["git", "archive", "--format=tar", "HEAD"], cwd=root, check=True, capture_output=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(target, filter="data")


def committed_at(root: Path) -> int:
    """Give the moment of the last commit, in seconds since 1970."""
    return int(_git(root, "show", "--no-patch", "--format=%ct", "HEAD"))


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=root, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise ReleaseError(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout
