"""Files that are written from the code: which are current, and which are told of."""

from collections.abc import Callable
from pathlib import Path

import pytest

from leadwire.contracts.generated import write_or_check

Run = Callable[..., int]
DIRECTORY = Path("docs") / "reference"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Write or check two pages, which have their directory for themselves."""

    def command(*arguments: str) -> int:
        return write_or_check(
            [f"--root={tmp_path}", *arguments],
            description=None,
            files=lambda: {DIRECTORY / "a.md": "# A\n", DIRECTORY / "b.md": "# B: ß\n"},
            alone=f"{DIRECTORY}/*.md",
        )

    return command


def test_what_is_written_is_current(run: Run, tmp_path: Path) -> None:
    assert run() == 0
    assert run("--check") == 0
    assert (tmp_path / DIRECTORY / "b.md").read_text(encoding="utf-8") == "# B: ß\n"


def test_a_check_of_what_is_missing_tells_of_each_and_writes_nothing(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--check") == 1
    assert capsys.readouterr().err.count("is not current") == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.md", "of_something_gone.md"])
def test_what_is_old_or_one_too_many_is_told_of_and_mended_when_it_is_asked(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    run()
    page = tmp_path / DIRECTORY / name
    page.write_text("old\n")
    assert run("--check") == 1
    assert capsys.readouterr().err == (f"{page} is not current: run this module without --check\n")
    assert page.read_text() == "old\n"
    assert run() == 0
    assert run("--check") == 0
    assert {each.name for each in page.parent.iterdir()} == {"a.md", "b.md"}


def test_what_others_keep_beside_is_left_alone(run: Run, tmp_path: Path) -> None:
    run()
    beside = tmp_path / DIRECTORY / "a.json"
    beside.write_text("{}\n")
    assert run("--check") == 0
    assert run() == 0
    assert beside.exists()
