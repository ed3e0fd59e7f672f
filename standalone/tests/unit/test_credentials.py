"""Passwords are made once, kept for their owner alone, and survive a crash."""

import json
from pathlib import Path

import pytest

from leadwire_standalone.credentials import load_or_make_passwords

KEPT = "database-roles.json"


def test_each_role_has_a_long_password_of_its_own(tmp_path: Path) -> None:
    passwords = load_or_make_passwords(tmp_path, ["one", "two"])
    assert set(passwords) == {"one", "two"}
    assert len(set(passwords.values())) == 2
    assert min(map(len, passwords.values())) >= 32


def test_they_are_the_same_at_every_run_and_new_roles_get_theirs(tmp_path: Path) -> None:
    first = load_or_make_passwords(tmp_path, ["one"])
    written = (tmp_path / KEPT).stat().st_mtime_ns
    assert load_or_make_passwords(tmp_path, ["one"]) == first
    assert (tmp_path / KEPT).stat().st_mtime_ns == written
    more = load_or_make_passwords(tmp_path, ["one", "two"])
    assert more["one"] == first["one"]
    assert load_or_make_passwords(tmp_path, ["one", "two"]) == more


def test_only_their_owner_can_read_them(tmp_path: Path) -> None:
    load_or_make_passwords(tmp_path, ["one"])
    load_or_make_passwords(tmp_path, ["one", "two"])
    assert (tmp_path / KEPT).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [KEPT]


def test_a_crash_before_the_new_ones_are_in_place_leaves_the_old_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_or_make_passwords(tmp_path, ["one"])

    def crash(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt(f"between {self} and {target}")

    with monkeypatch.context() as crashing:
        crashing.setattr(Path, "replace", crash)
        with pytest.raises(KeyboardInterrupt):
            load_or_make_passwords(tmp_path, ["one", "two"])
    assert json.loads((tmp_path / KEPT).read_text()) == first

    again = load_or_make_passwords(tmp_path, ["one", "two"])
    assert again["one"] == first["one"]
    assert json.loads((tmp_path / KEPT).read_text()) == again


def test_a_draft_that_a_crash_left_is_never_written_into(tmp_path: Path) -> None:
    """It might be open to others, or half written."""
    draft = tmp_path / "database-roles.draft"
    draft.write_text('{"one": "known to ever')
    draft.chmod(0o666)
    passwords = load_or_make_passwords(tmp_path, ["one"])
    assert json.loads((tmp_path / KEPT).read_text()) == passwords
    assert (tmp_path / KEPT).stat().st_mode & 0o777 == 0o600
    assert not draft.exists()
