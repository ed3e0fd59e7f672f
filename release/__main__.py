"""The command behind `make release`."""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from release import changelog, tree
from release.building import build, check_metadata, checksums
from release.errors import ReleaseError
from release.proving import prove
from release.stamping import stamp


def release(root: Path, version: str, distributions: Sequence[str]) -> Path:
    """Build, prove and describe a version; give the directory that holds it.

    The directory is written when all else is done: it never holds what was not proven.

    Args:
        root: Of the repository.
        version: Without `v`.
        distributions: Their directories.

    Raises:
        ReleaseError: It cannot be released so.
    """
    notes = changelog.notes_of((root / "CHANGELOG.md").read_text(encoding="utf-8"), version)
    tree.check(root, version)
    with tempfile.TemporaryDirectory(prefix="leadwire-build-") as made:
        copy, built = Path(made) / "tree", Path(made) / "built"
        tree.export(root, copy)
        stamp(copy, distributions, version)
        _say("building")
        build(copy, distributions, output=built, epoch=tree.committed_at(root))
        files = sorted(built.iterdir())
        check_metadata(files)
        _say("installing in clean environments, and trying")
        wheels = [each for each in files if each.suffix == ".whl"]
        _say(prove(wheels, locks=copy / "requirements", version=version).rstrip())
        (built / "SHA256SUMS").write_text(checksums(files), encoding="utf-8")
        (built / "RELEASE_NOTES.md").write_text(f"{notes}\n", encoding="utf-8")
        return _put(built, root / "dist")


def _put(built: Path, target: Path) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(built, target)
    return target


def _say(line: str) -> None:
    print(line, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="make release")
    parser.add_argument("version")
    parser.add_argument("distributions", nargs="+")
    given = parser.parse_args(arguments)
    try:
        directory = release(Path.cwd(), given.version, given.distributions)
    except ReleaseError as error:
        print(f"no release: {error}", file=sys.stderr)
        return 1
    for each in sorted(directory.iterdir()):
        print(each.relative_to(Path.cwd()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
