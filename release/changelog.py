"""What the changelog says of a version."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from release.errors import ReleaseError

_HEADING: Final = re.compile(r"^## \[(?P<name>[^\]]+)\](?: - (?P<date>\S+))?[ \t]*$", re.MULTILINE)
_VERSION: Final = re.compile(r"(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What stands under one heading.

    Attributes:
        name: A version, or `Unreleased`.
        date: As written; None if there is none.
    """

    name: str
    date: str | None
    text: str


def notes_of(changelog: str, version: str) -> str:
    """Give the release notes of the version that comes next.

    Raises:
        ReleaseError: `version` is none, or the changelog says otherwise.
    """
    number = _number(version)
    sections = _sections(changelog)
    unreleased = [each for each in sections if each.name == "Unreleased"]
    if any(each.text for each in unreleased):
        raise ReleaseError(
            f"CHANGELOG.md has changes under [Unreleased]: move them under [{version}]"
        )
    released = [each for each in sections if each.name != "Unreleased"]
    if not released or released[0].name != version:
        raise ReleaseError(f"the topmost version in CHANGELOG.md must be ## [{version}] - DATE")
    if len(released) > 1 and _number(released[1].name) >= number:
        raise ReleaseError(f"{version} does not come after {released[1].name}")
    _check(released[0])
    return released[0].text


def _check(section: Section) -> None:
    if not section.text:
        raise ReleaseError(f"CHANGELOG.md says nothing of {section.name}")
    try:
        date.fromisoformat(section.date or "")
    except ValueError:
        raise ReleaseError(
            f"CHANGELOG.md must say when: ## [{section.name}] - 2026-01-31"
        ) from None


def _sections(changelog: str) -> list[Section]:
    headings = list(_HEADING.finditer(changelog))
    ends = [each.start() for each in headings[1:]] + [len(changelog)]
    return [
        Section(
            name=heading["name"],
            date=heading["date"],
            text=changelog[heading.end() : end].strip(),
        )
        for heading, end in zip(headings, ends, strict=True)
    ]


def _number(version: str) -> tuple[int, ...]:
    found = _VERSION.fullmatch(version)
    if found is None or version != ".".join(str(int(each)) for each in found.groups()):
        raise ReleaseError(f"{version!r} is no version: give one like 1.2.3")
    return tuple(int(each) for each in found.groups())
