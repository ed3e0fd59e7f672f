"""Whom a row names that is not valid."""

import time

import pytest

from import_svc.domain.mentions import MAX_MENTIONS, mentions, national_keys


@pytest.mark.parametrize(
    ("text", "region", "keys"),
    [
        ("Ada <Ada@Example.com>", None, ("ada@example.com",)),
        ("mailto:o'brien+x@example.com?subject=y", None, ("o'brien+x@example.com",)),
        ("'ada@example.com',b@example.com.", None, ("ada@example.com", "b@example.com")),
        ("élise@münchen.de!", None, ("élise@münchen.de",)),
        ("«e\u0301lise@mu\u0308nchen.de»", None, ("élise@münchen.de",)),
        ("या संपर्क@डाटामेल.भारत,", None, ("संपर्क@डाटामेल.भारत",)),
        ("ΝΙΚΟΣ.ΠΑΠΑΣ@example.com", None, ("νικοσ.παπασ@example.com",)),
        ("ada\uff20example\uff0ecom", None, ("ada@example.com",)),
        ("a\u00adda@exam\u200bple.com\u202c", None, ("ada@example.com",)),
        ("+1\u00a0415\u2011555\u20132671 or so", None, ("+14155552671",)),
        ("\uff0b\uff11 415\uff0d555\uff0d2671 or so", None, ("+14155552671",)),
        ("tel +1 415-555-2671 ext", None, ("+14155552671",)),
        ("14155552671", None, ("+14155552671",)),
        ("(415) 555.2671 or so", "US", ("+14155552671",)),
        ("(415) 555.2671 or so", None, ("#4155552671",)),
        ("020 7946 0018", "US", ("#2079460018",)),
        ("nobody @ home, 12-12-2012", "US", ("#12122012",)),
        ("nobody @ home, 12-12", "US", ()),
    ],
)
def test_emails_and_phones_are_found_in_any_text(
    text: str, region: str | None, keys: tuple[str, ...]
) -> None:
    assert mentions([text, text], region=region) == keys


def test_no_row_has_keys_or_costs_time_without_end() -> None:
    many = " ".join(f"{number}@example.com" for number in range(MAX_MENTIONS + 100))
    began = time.process_time()
    assert len(mentions([many], region="US")) == MAX_MENTIONS
    for nasty in ("a" * 1000 + "@", "a@" * 500, "1" * 1000, " @" * 500, "1 " * 500):
        assert len(mentions([nasty], region="US")) <= 2
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("cellphone", "spellings"),
    [
        ("+14155552671", ["(415) 555-2671", "1-415-555-2671", "4155552671 x9"]),
        ("+442079460018", ["020 7946 0018", "(0) 20 79460018", "0044 20 7946 0018"]),
        ("+390612345678", ["06 1234 5678", "+39 06 1234 5678"]),
        ("+4930123456", ["030/123456", "030 123456", "0049 30 123456"]),
    ],
)
def test_whose_a_national_number_may_be_is_known_without_its_region(
    cellphone: str, spellings: list[str]
) -> None:
    keys = {cellphone, *national_keys([cellphone])}
    missed = [each for each in spellings if keys.isdisjoint(mentions([each], region=None))]
    assert missed == []
