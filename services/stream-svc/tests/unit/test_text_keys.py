"""Texts that people take for the same have the same key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_svc.domain.listing import search_key
from stream_svc.domain.text_keys import KEY_LENGTH, text_key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Zoë", "zoe"),
        ("ZOE", "zoe"),
        ("  Mary \t Ann\u2028", "mary ann"),
        ("Straße", "strasse"),
        ("\uff37ide", "wide"),
        ("Ada.Lovelace@Example.ORG", "ada.lovelace@example.org"),
        ("李", "李"),
        ("x" * 500, "x" * KEY_LENGTH),
    ],
)
def test_case_accents_and_blanks_do_not_count(text: str, key: str) -> None:
    assert text_key(text) == key


@given(st.text(max_size=60), st.integers(0, 60))
def test_what_a_text_begins_with_finds_it(text: str, length: int) -> None:
    """Cut inside a blank or between a letter and its accent, too."""
    assert text_key(text).startswith(text_key(text[:length]))


@pytest.mark.parametrize("text", ["", "   ", "\u0301"])
def test_a_search_for_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must have a character"):
        search_key(text)
