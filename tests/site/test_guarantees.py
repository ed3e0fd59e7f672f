"""The page on guarantees names tests that are there, for each of the twelve."""

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "explanation" / "guarantees.md"
NAMED: Final = re.compile(r"\[`(test_\w+)`\]\(([^)]+)\)")


def sections() -> dict[str, str]:
    """Give the text of each guarantee by its number."""
    _, *parts = re.split(r"^## (G\d+) ", PAGE.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_every_guarantee_of_the_architecture_has_its_section() -> None:
    table = (ROOT / "ARCHITECTURE.md").read_text()
    assert list(sections()) == re.findall(r"^\| (G\d+) \|", table, re.MULTILINE)


def test_every_guarantee_is_stated_and_tried_by_tests_that_are_there() -> None:
    for number, text in sections().items():
        assert re.search(r"^\*.+?\*$", text, re.MULTILINE | re.DOTALL), f"{number} says nothing"
        named = NAMED.findall(text)
        assert len(named) >= 3, f"{number} has too few tests"
        for test, link in named:
            defined = (PAGE.parent / link).read_text()
            assert re.search(rf"^(?:async )?def {test}\(", defined, re.MULTILINE), (number, test)
