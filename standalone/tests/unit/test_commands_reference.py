"""The page on command lines is written from the commands themselves, and is current."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from leadwire_standalone.commands_reference import PAGE, main
from leadwire_standalone.services import SERVICES

ROOT = Path(__file__).parents[3]


def test_the_page_in_the_documentation_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    # Whatever the width of the terminal, or what is set for a service here.
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("LEADWIRE_URL", "http://leadwire.example.com")
    assert main(["--check", f"--root={ROOT}"]) == 0


def test_every_command_that_can_be_installed_is_there_with_what_its_help_lists() -> None:
    page = (ROOT / PAGE).read_text()
    for program in ("leadwire", "leadwire-standalone", *(each.name for each in SERVICES)):
        assert f"\n## {program}\n" in page
    # What the program as installed prints of one command, to compare the page with more than
    # its own source.
    leadwire = Path(sys.executable).with_name("leadwire")
    shown = subprocess.run(
        [leadwire, "import", "--help"], capture_output=True, text=True, check=True
    ).stdout
    section = page.split("\n### leadwire import\n")[1].split("\n### ")[0]
    options = set(re.findall(r"^ +(--[a-z-]+)", shown, re.MULTILINE))
    assert "--region" in options
    for option in options:
        assert f"| `{option}" in section, option
