from pathlib import Path

import pytest

from leadwire.db import MigrationError, MigrationSource


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "migrations_of_a_service"
    directory.mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    return directory


def source() -> MigrationSource:
    return MigrationSource("a-svc", "migrations_of_a_service")


def test_files_come_in_the_order_of_their_numbers(package: Path) -> None:
    for name in ("0010_third", "0002_second", "0001_first"):
        (package / f"{name}.sql").write_text("SELECT 1", encoding="utf-8")

    assert [one.id for one in source().migrations()] == [
        "a-svc/0001_first",
        "a-svc/0002_second",
        "a-svc/0010_third",
    ]


@pytest.mark.parametrize("name", ["1_first.sql", "first.sql", "0001-first.sql", "0001_First.sql"])
def test_a_wrong_name_is_an_error(package: Path, name: str) -> None:
    (package / name).write_text("SELECT 1", encoding="utf-8")

    with pytest.raises(MigrationError, match="NNNN_lower_case"):
        source().migrations()


def test_two_files_with_one_number_are_an_error(package: Path) -> None:
    for name in ("0001_mine", "0001_yours"):
        (package / f"{name}.sql").write_text("SELECT 1", encoding="utf-8")

    with pytest.raises(MigrationError, match="same number"):
        source().migrations()


def test_the_checksum_follows_the_text(package: Path) -> None:
    file = package / "0001_first.sql"
    file.write_text("SELECT 1", encoding="utf-8")
    (before,) = source().migrations()
    file.write_text("SELECT 2", encoding="utf-8")
    (after,) = source().migrations()

    assert before.checksum != after.checksum
