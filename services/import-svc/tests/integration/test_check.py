"""The command `check` tries the store of files, too."""

from pathlib import Path

import pytest

from import_svc.app import SERVICE
from import_svc.settings import ImportSettings
from leadwire.service.check import check


@pytest.mark.parametrize(("place", "is_well"), [("files", True), ("file/files", False)])
async def test_check_tells_whether_files_can_be_stored(
    settings: ImportSettings, tmp_path: Path, place: str, is_well: bool
) -> None:
    (tmp_path / "file").write_text("in the way")
    given = settings.model_copy(update={"files_url": (tmp_path / place).as_uri()})
    lines: list[str] = []
    assert await check(SERVICE, given, lines.append) == (0 if is_well else 1)
    assert lines[1:4] == ["database: ok", "migrations: ok", "home: ok"]
    assert lines[-1].startswith("file store: ok" if is_well else "file store: IMPORT_FILES_URL")
