"""The settings page is written from the code, and is current."""

import re
import sys
from pathlib import Path

import pytest

from leadwire.service import environment_variables
from leadwire_standalone.services import SERVICES
from leadwire_standalone.settings_reference import DEFAULT_PATH, main

ROOT = Path(__file__).parents[3]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["settings_reference", *arguments])
    return main()


def test_the_page_in_the_documentation_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "--check", f"--path={ROOT / DEFAULT_PATH}") == 0


def test_a_page_that_is_old_or_missing_is_told_of_and_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "settings.md"
    assert run(monkeypatch, "--check", f"--path={page}") == 1
    assert not page.exists()
    page.write_text("# Settings\n")
    assert run(monkeypatch, "--check", f"--path={page}") == 1
    assert page.read_text() == "# Settings\n"
    assert f"{page} is not current" in capsys.readouterr().err


def test_a_written_page_is_current_and_names_every_setting_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = tmp_path / "settings.md"
    assert run(monkeypatch, f"--path={page}") == 0
    assert run(monkeypatch, "--check", f"--path={page}") == 0
    text = page.read_text()
    for service in SERVICES:
        for variable in environment_variables(service.settings):
            assert text.count(f"| `{variable.name}` |") == 1, variable.name


def test_no_service_handles_more_at_once_than_the_page_says() -> None:
    page = (ROOT / DEFAULT_PATH).read_text()
    said = re.findall(r"handled at once, which are never more than (\d+)", page)
    most = max(service.handled_at_once for service in SERVICES)
    assert said == [str(most)] * len(SERVICES)
