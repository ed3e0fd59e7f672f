"""`Accept` chooses among what there is, by the rules of RFC 9110."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadwire.http import NOT_ACCEPTABLE, Problem, accepts_coding, negotiate

LINES, CSV, EVENTS = "application/x-ndjson", "text/csv", "text/event-stream"
OFFERED = (LINES, CSV, EVENTS)


@pytest.mark.parametrize("accept", ["", "  ", ",", "*/*", "*/*;q=0.1", "application/*, text/*"])
def test_one_who_leaves_the_choice_gets_what_is_offered_first(accept: str) -> None:
    assert negotiate(accept, OFFERED) == LINES


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("text/csv", CSV),
        ("Text/CSV", CSV),
        ("text/html, text/csv", CSV),
        ("text/*", CSV),
        ("text/event-stream;charset=utf-8", EVENTS),
        ('text/event-stream;title="a, b;q=0";q=0.4, text/csv;q=0.3', EVENTS),
    ],
)
def test_what_is_named_is_given(accept: str, chosen: str) -> None:
    assert negotiate(accept, OFFERED) == chosen


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("application/x-ndjson;q=0.5, text/csv;q=0.6", CSV),
        ("application/x-ndjson ; Q=0.001 , text/csv ; q=0.002", CSV),
        ("*/*;q=1, application/x-ndjson;q=0.9", CSV),
        ("text/csv;q=0.1, */*;q=0.2", LINES),
        ("text/csv;q=1.000, application/*;q=0.999", CSV),
        ("text/csv;q=0., text/event-stream;q=1.", EVENTS),
    ],
)
def test_the_greater_weight_wins_wherever_it_stands(accept: str, chosen: str) -> None:
    assert negotiate(accept, OFFERED) == chosen


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("text/*;q=0.3, text/csv;q=0.7, */*;q=0.5", CSV),
        ("text/*;q=0.9, text/csv;q=0.1, */*;q=0.5", EVENTS),
        ("*/*, text/csv", CSV),
        ("application/json, text/*, */*", CSV),
    ],
)
def test_the_more_specific_range_speaks_for_a_media_type(accept: str, chosen: str) -> None:
    assert negotiate(accept, OFFERED) == chosen


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("application/x-ndjson;q=0, */*", CSV),
        ("text/*;q=0, text/event-stream, */*;q=0.1", EVENTS),
        ("application/*;q=0.000, text/csv;q=0, */*;q=0.001", EVENTS),
    ],
)
def test_weight_zero_excludes(accept: str, chosen: str) -> None:
    assert negotiate(accept, OFFERED) == chosen


@pytest.mark.parametrize(
    "accept",
    ["text/html", "application/json", "text/csv;q=0", "*/*;q=0", "*", "text", "/", "*/csv"],
)
def test_one_who_accepts_nothing_that_is_offered_is_told_what_there_is(accept: str) -> None:
    with pytest.raises(Problem) as refusal:
        negotiate(accept, OFFERED)
    assert (refusal.value.status, refusal.value.code) == (406, "not_acceptable")
    assert (NOT_ACCEPTABLE.status, NOT_ACCEPTABLE.code) == (406, "not_acceptable")
    assert all(media_type in refusal.value.detail for media_type in OFFERED)


@pytest.mark.parametrize(
    "weight",
    ["", "high", "-1", "2", "1.1", "1.001", "0.1234", ".5", "nan", "inf", "1e-1", "\u0660"],
)
def test_a_range_with_a_malformed_weight_counts_as_not_sent(weight: str) -> None:
    assert negotiate(f"text/csv;q={weight}, text/event-stream;q=0.001", OFFERED) == EVENTS
    assert negotiate(f"application/x-ndjson;q={weight}, */*", OFFERED) == LINES
    with pytest.raises(Problem):
        negotiate(f"*/*;q={weight}", OFFERED)


@given(st.text(alphabet='text/csv*q=01.;,"\\ ', max_size=60))
def test_any_header_is_answered_or_refused(accept: str) -> None:
    with contextlib.suppress(Problem):
        assert negotiate(accept, OFFERED) in OFFERED


@pytest.mark.parametrize(
    ("accept_encoding", "taken"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("*", True),
        ("", False),
        ("identity", False),
        ("gzip;q=0, *", False),
        ("*;q=0", False),
        ("gzip;q=nonsense", False),
    ],
)
def test_a_coding_is_used_only_if_it_is_taken(accept_encoding: str, taken: bool) -> None:
    assert accepts_coding(accept_encoding, "gzip") is taken
