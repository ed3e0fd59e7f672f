"""What the changelog must say before there is a release."""

import pytest

from release.changelog import notes_of
from release.errors import ReleaseError

HEAD = "# Changelog\n\nAll notable changes.\n\n## [Unreleased]\n"
NEW = "\n## [1.10.0] - 2026-11-26\n\n### Added\n\n- A thing.\n"
OLD = "\n## [1.9.0] - 2026-01-31\n\n- An older thing.\n"


def test_notes_are_what_stands_under_the_version() -> None:
    assert notes_of(HEAD + NEW + OLD, "1.10.0") == "### Added\n\n- A thing."
    assert notes_of("# Changelog\n" + NEW, "1.10.0") == "### Added\n\n- A thing."


@pytest.mark.parametrize(
    ("changelog", "version", "told"),
    [
        (HEAD + NEW + OLD, "v1.10.0", "is no version"),
        (HEAD + NEW + OLD, "1.10", "is no version"),
        (HEAD + NEW + OLD, "01.10.0", "is no version"),
        (HEAD + NEW + OLD, "1.10.0; rm -r .", "is no version"),
        (HEAD + NEW + OLD, "1.11.0", "topmost"),
        (HEAD + NEW + OLD, "1.9.0", "topmost"),
        (HEAD, "1.10.0", "topmost"),
        (HEAD + "\n- Forgotten.\n" + NEW, "1.10.0", "[Unreleased]"),
        (HEAD + NEW.replace(" - 2026-11-26", ""), "1.10.0", "must say when"),
        (HEAD + NEW.replace("11-26", "11-31"), "1.10.0", "must say when"),
        (HEAD + "\n## [1.10.0] - 2026-11-26\n" + OLD, "1.10.0", "says nothing"),
        (HEAD + OLD.replace("1.9.0", "1.1.0") + NEW, "1.1.0", "does not come after"),
    ],
)
def test_a_version_that_does_not_fit_is_refused(changelog: str, version: str, told: str) -> None:
    with pytest.raises(ReleaseError) as refused:
        notes_of(changelog, version)
    assert told in str(refused.value)
