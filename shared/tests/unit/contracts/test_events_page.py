"""The page of events says what the models say."""

import re
from pathlib import Path

import pytest

from leadwire.contracts import EventType
from leadwire.contracts.asyncapi import schemas
from leadwire.contracts.events import DATA_TYPES
from leadwire.contracts.events_page import main, render

REPOSITORY = Path(__file__).parents[4]


@pytest.mark.parametrize("event_type", list(EventType), ids=str)
def test_an_event_is_there_with_every_field_of_its_data(event_type: EventType) -> None:
    _, _, section = render().partition(f"\n## {event_type}\n")
    section = section.partition("<details>")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(
        DATA_TYPES[event_type].model_fields
    )


def test_every_link_inside_the_page_has_a_target() -> None:
    page = render()
    titles = {title.lower() for title in re.findall(r"^#+ (\w+)$", page, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= titles


def test_every_word_of_an_enumeration_is_there() -> None:
    page = render()
    for schema in schemas().values():
        for word in schema.get("enum", ()):
            assert f"`{word}`" in page


def test_the_page_in_the_repository_is_up_to_date() -> None:
    assert main(["--check", f"--root={REPOSITORY}"]) == 0
