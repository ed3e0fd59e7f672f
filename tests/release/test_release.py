"""`make release`, whole, in a copy of this tree."""

import email
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from release import tree
from release.building import build
from release.errors import ReleaseError
from release.stamping import stamp

ROOT = Path(__file__).parents[2]
VERSION = "9.8.7"
SECTION = f"## [Unreleased]\n\n## [{VERSION}] - 2026-11-26\n"
RELATIVE_LINK = re.compile(r"\]\((?!https?://|#)")

pytestmark = pytest.mark.timeout(600)


def git(directory: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.com")
    return subprocess.run(
        ["git", *who, *arguments], cwd=directory, check=True, capture_output=True, text=True
    ).stdout


def distributions() -> list[str]:
    [line] = re.findall(r"^DISTRIBUTIONS := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return str(line).split()


def release(directory: Path, version: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "release", version, *distributions()],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This tree, as if what stands in it were to be released."""
    directory = tmp_path_factory.mktemp("tree")
    listed = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).exists():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, directory / name, follow_symlinks=False)
    changelog = directory / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace("## [Unreleased]\n", SECTION, 1))
    git(directory, "init", "--quiet")
    git(directory, "add", "--all")
    git(directory, "commit", "--quiet", "--message", "Release")
    return directory


@pytest.fixture(scope="module")
def released(copy: Path) -> Path:
    """What `make release` makes of it."""
    (copy / "dist").mkdir()
    (copy / "dist" / "leadwire-0.0.1-py3-none-any.whl").touch()
    done = release(copy, VERSION)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the command line lists leads" in done.stdout, "the client was tried"
    return copy / "dist"


def wheels(directory: Path) -> dict[str, Message]:
    """Give the metadata of each wheel, by the name of its distribution."""
    found = {}
    for wheel in directory.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            [name] = [each for each in archive.namelist() if each.endswith(".dist-info/METADATA")]
            metadata = email.message_from_bytes(archive.read(name))
            assert any(each.endswith("/licenses/LICENSE") for each in archive.namelist())
        found[metadata["Name"]] = metadata
    return found


def test_every_distribution_is_there_with_the_version_and_nothing_of_before(
    released: Path,
) -> None:
    names = {each["Version"]: each["Name"] for each in wheels(released).values()}
    assert set(names) == {VERSION}
    assert len(list(released.glob("*.whl"))) == len(distributions())
    assert len(list(released.glob("*.tar.gz"))) == len(distributions())
    for metadata in wheels(released).values():
        needed = [Requirement(each) for each in metadata.get_all("Requires-Dist", [])]
        ours = [each for each in needed if each.name.startswith("leadwire") and not each.marker]
        assert all(str(each.specifier) == f"=={VERSION}" for each in ours)
        assert not RELATIVE_LINK.search(str(metadata.get_payload()))


def test_the_client_needs_nothing_of_leadwire_and_four_others_at_most(released: Path) -> None:
    metadata = wheels(released)["leadwire-client"]
    needed = [Requirement(each) for each in metadata.get_all("Requires-Dist", [])]
    assert not [each.name for each in needed if each.name.startswith("leadwire")]
    plain = [each for each in needed if not each.marker or "extra" not in str(each.marker)]
    assert 1 <= len(plain) <= 4


def test_checksums_and_notes_are_true(released: Path) -> None:
    lines = (released / "SHA256SUMS").read_text().splitlines()
    assert len(lines) == 2 * len(distributions())
    for line in lines:
        digest, name = line.split("  ")
        assert hashlib.sha256((released / name).read_bytes()).hexdigest() == digest
    notes = (released / "RELEASE_NOTES.md").read_text()
    assert notes.startswith("### Added")
    assert "[Unreleased]" not in notes


def test_source_distributions_hold_no_link_out_of_them(released: Path) -> None:
    for path in released.glob("*.tar.gz"):
        with tarfile.open(path) as archive:
            assert all(each.isfile() or each.isdir() for each in archive.getmembers())


def test_another_build_of_the_commit_gives_the_same_bytes(
    copy: Path, released: Path, tmp_path: Path
) -> None:
    tree.export(copy, tmp_path / "tree")
    stamp(tmp_path / "tree", distributions(), VERSION)
    for path in (tmp_path / "tree").rglob("*"):
        os.utime(path, (0, 0))
        path.chmod(path.stat().st_mode & 0o700)
    epoch = tree.committed_at(copy)
    build(tmp_path / "tree", distributions(), output=tmp_path / "again", epoch=epoch)
    for path in (tmp_path / "again").iterdir():
        assert path.read_bytes() == (released / path.name).read_bytes(), path.name


def test_the_tree_stays_as_it_was(copy: Path, released: Path) -> None:
    assert released.is_dir()
    assert git(copy, "status", "--porcelain") == ""


@pytest.mark.parametrize("name", ["CHANGELOG.md", "new_module.py"])
def test_a_tree_with_changes_is_refused(copy: Path, released: Path, name: str) -> None:
    path = copy / name
    before = path.read_bytes() if path.exists() else None
    path.write_bytes((before or b"") + b"\n- And more.\n")
    try:
        done = release(copy, VERSION)
    finally:
        path.unlink() if before is None else path.write_bytes(before)
    assert done.returncode == 1
    assert name in done.stderr
    assert len(list(released.glob("*.whl"))) == len(distributions()), "what was released stays"


def test_a_version_that_is_another_commits_is_refused(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    for number in range(2):
        git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", str(number))
        tree.check(tmp_path, VERSION)
        git(tmp_path, "tag", f"v{number}.0.0")
    tree.check(tmp_path, "1.0.0")
    with pytest.raises(ReleaseError, match=r"v0\.0\.0 is at another commit"):
        tree.check(tmp_path, "0.0.0")


def test_a_distribution_that_would_keep_another_version_is_refused(tmp_path: Path) -> None:
    project = '[project]\nname = "leadwire-x"\nversion = "0.1.0"\ndependencies = ["leadwire>=1"]\n'
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "pyproject.toml").write_text(project)
    with pytest.raises(ReleaseError, match="does not take the version"):
        stamp(tmp_path, ["x"], VERSION)
