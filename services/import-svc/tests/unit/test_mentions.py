"""Whom a row names that is not valid."""

import time

import pytest

from import_svc.domain.mentions import MAX_MENTIONS, mentions


@pytest.mark.parametrize(
    ("text", "region", "keys"),
    [
        ("Ada <Ada@Example.com>", None, ("ada@example.com",)),
        ("mailto:o'brien+x@example.com?subject=y", None, ("o'brien+x@example.com",)),
        ("'ada@example.com',b@example.com.", None, ("ada@example.com", "b@example.com")),
        ("élise@münchen.de!", None, ("élise@münchen.de",)),
        ("tel +1 415-555-2671 ext", None, ("+14155552671",)),
        ("14155552671", None, ("+14155552671",)),
        ("(415) 555.2671 or so", "US", ("+14155552671",)),
        ("(415) 555.2671 or so", None, ()),
        ("nobody @ home, 12-12-2012", "US", ()),
    ],
)
def test_emails_and_phones_are_found_in_any_text(
    text: str, region: str | None, keys: tuple[str, ...]
) -> None:
    assert mentions([text, text], region=region) == keys


def test_no_row_has_keys_or_costs_time_without_end() -> None:
    many = " ".join(f"{number}@example.com" for number in range(100))
    began = time.process_time()
    assert len(mentions([many], region="US")) == MAX_MENTIONS
    for nasty in ("a" * 1000 + "@", "a@" * 500, "1" * 1000, " @" * 500, "1 " * 500):
        assert mentions([nasty], region="US") == ()
    assert time.process_time() - began < 5
