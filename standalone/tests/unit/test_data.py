"""A directory of ours is told from anybody else's."""

from pathlib import Path

import pytest

from leadwire_standalone.data import is_ours


def make(directory: Path, names: list[str]) -> None:
    """Make empty files, and directories for names that end with a slash."""
    for name in names:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir(exist_ok=True)
        else:
            path.touch()


@pytest.mark.parametrize(
    "names",
    [
        [],
        ["lost+found/"],
        ["postgres/"],
        ["postgres/lock"],
        ["postgres/lock", "postgres/cluster/PG_VERSION", "postgres/password"],
        ["database-roles.draft"],
        ["database-roles.json"],
        ["database-roles.json", "postgres/lock", "mail/new/1.eml"],
        ["database-roles.json", "postgres/lock", "notes.txt"],
    ],
)
def test_what_leadwire_has_made_or_begun_is_ours(tmp_path: Path, names: list[str]) -> None:
    make(tmp_path, names)
    assert is_ours(tmp_path)


@pytest.mark.parametrize(
    "names",
    [
        ["notes.txt"],
        [".git/"],
        ["mail/"],
        ["postgres/PG_VERSION"],
        ["postgres/", "docker-compose.yml"],
        ["postgres/lock", "docker-compose.yml"],
    ],
)
def test_what_anybody_else_has_made_is_not(tmp_path: Path, names: list[str]) -> None:
    make(tmp_path, names)
    assert not is_ours(tmp_path)
