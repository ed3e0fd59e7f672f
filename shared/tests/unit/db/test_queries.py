from pathlib import Path

import pytest

from leadwire.db import Queries


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    directory = tmp_path / "queries_of_a_service"
    directory.mkdir()
    (directory / "find_lead.sql").write_text("SELECT 'Łukasz'\n", encoding="utf-8")
    (directory / "notes.txt").write_text("no query", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return directory.name


def test_finds_a_file_by_its_name(package: str) -> None:
    queries = Queries(package)

    assert queries["find_lead"] == "SELECT 'Łukasz'\n"
    assert queries.names == {"find_lead"}


def test_a_missing_query_is_named_with_its_package(package: str) -> None:
    with pytest.raises(KeyError, match="no query 'lose_lead' in queries_of_a_service"):
        Queries(package)["lose_lead"]


def test_reads_the_files_at_construction(package: str, tmp_path: Path) -> None:
    queries = Queries(package)

    (tmp_path / package / "find_lead.sql").unlink()

    assert queries["find_lead"]


def test_a_missing_package_is_an_error() -> None:
    with pytest.raises(ModuleNotFoundError):
        Queries("no_such_package_anywhere")
