"""The settings page is written from the code, and is current."""

import re
from pathlib import Path

from leadwire.service import environment_variables
from leadwire_standalone.services import SERVICES
from leadwire_standalone.settings_reference import PAGE, main

ROOT = Path(__file__).parents[3]


def test_the_page_in_the_documentation_is_current() -> None:
    assert main(["--check", f"--root={ROOT}"]) == 0


def test_a_written_page_names_every_setting_once(tmp_path: Path) -> None:
    assert main([f"--root={tmp_path}"]) == 0
    text = (tmp_path / PAGE).read_text()
    for service in SERVICES:
        for variable in environment_variables(service.settings):
            assert text.count(f"| `{variable.name}` |") == 1, variable.name


def test_no_service_handles_more_at_once_than_the_page_says() -> None:
    page = (ROOT / PAGE).read_text()
    said = re.findall(r"handled at once, which are never more than (\d+)", page)
    most = max(service.handled_at_once for service in SERVICES)
    assert said == [str(most)] * len(SERVICES)
