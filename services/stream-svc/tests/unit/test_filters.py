"""Filters are pure functions of a lead's facets."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import TypedDict, Unpack
from uuid import UUID

import pytest

from stream_svc.domain.facets import Facets
from stream_svc.domain.filters import FILTERS, MAX_VALUES, LeadFilter, parse_filter
from stream_svc.domain.lead import Status

MANAGER = UUID("0198a1b2-0000-7000-8000-0000000000aa")
IMPORT = UUID("0198a1b2-0000-7000-8000-0000000000bb")


class Changed(TypedDict, total=False):
    status: Status
    manager_id: UUID
    import_id: UUID | None


Case = tuple[str, str, Changed, bool]


def facets(**changed: Unpack[Changed]) -> Facets:
    usual = Facets(
        status=Status.PENDING,
        manager_id=None,
        origin="import",
        import_id=IMPORT,
        email_domain="example.org",
        created_at=datetime(2026, 1, 31, 9, tzinfo=UTC),
    )
    return replace(usual, **changed)


CASES: list[Case] = [
    ("status", "pending", {}, True),
    ("status", "reached_out, pending", {}, True),
    ("status", "interested", {}, False),
    ("assigned", "true", {}, False),
    ("assigned", "true", {"manager_id": MANAGER}, True),
    ("assigned", "false", {}, True),
    ("assigned", "false", {"manager_id": MANAGER}, False),
    ("manager_id", str(MANAGER), {"manager_id": MANAGER}, True),
    ("manager_id", str(MANAGER).upper(), {"manager_id": MANAGER}, True),
    ("manager_id", str(MANAGER), {}, False),
    ("origin", "form,import", {}, True),
    ("origin", "form", {}, False),
    ("import_id", str(IMPORT), {}, True),
    ("import_id", str(IMPORT), {"import_id": None}, False),
    ("email_domain", "EXAMPLE.org", {}, True),
    ("email_domain", "example.com", {}, False),
    ("created_after", "2026-01-31T09:00:00Z", {}, True),
    ("created_after", "2026-01-31T09:00:01Z", {}, False),
    ("created_after", "2026-01-31T10:00:00+01:00", {}, True),
    ("created_before", "2026-01-31T09:00:00Z", {}, False),
    ("created_before", "2026-01-31T09:00:01Z", {}, True),
]


@pytest.mark.parametrize(("parameter", "text", "changed", "matches"), CASES)
def test_a_filter_judges_a_lead(parameter: str, text: str, changed: Changed, matches: bool) -> None:
    assert parse_filter({parameter: text}).matches(facets(**changed)) is matches


def test_every_filter_is_judged_in_these_tests() -> None:
    assert {parameter for parameter, *_ in CASES} == set(FILTERS)


def test_a_lead_must_meet_all_conditions() -> None:
    leads = parse_filter({"status": "pending", "assigned": "true"})
    assert leads.matches(facets(manager_id=MANAGER))
    assert not leads.matches(facets())
    assert not leads.matches(facets(manager_id=MANAGER, status=Status.INTERESTED))


def test_a_lead_that_is_not_visible_matches_nothing() -> None:
    assert not LeadFilter().matches(None)


@pytest.mark.parametrize(
    ("parameter", "text"),
    [
        ("status", "PENDING?"),
        ("status", ""),
        ("status", "reached_out,,"),
        ("assigned", "yes"),
        ("manager_id", "not-an-id"),
        ("created_after", "yesterday"),
        ("created_after", "0001-01-01T00:00:00+23:59"),
        ("created_before", "9999-12-31T23:59:59-23:59"),
        ("created_after", "2026-02-01T09:00:00"),
        ("email_domain", ""),
        ("manager_id", ",".join([str(MANAGER)] * (MAX_VALUES + 1))),
    ],
)
def test_a_value_that_means_nothing_is_refused_and_not_repeated(parameter: str, text: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        parse_filter({parameter: text})
    assert not text or text not in str(refused.value)


def test_filters_that_mean_the_same_have_one_fingerprint() -> None:
    first = parse_filter({"status": "pending,reached_out", "assigned": "true", "origin": None})
    second = parse_filter({"assigned": "true", "status": "reached_out,pending,pending"})
    assert first.fingerprint == second.fingerprint
    moment = {"created_after": "2026-01-31T09:00:00Z"}
    same_moment = {"created_after": "2026-01-31T10:00:00+01:00"}
    assert parse_filter(moment).fingerprint == parse_filter(same_moment).fingerprint


def test_filters_that_differ_have_other_fingerprints() -> None:
    filters = [
        {},
        {"status": "pending"},
        {"status": "interested"},
        {"assigned": "true"},
        {"assigned": "false"},
        {"created_after": "2026-01-31T09:00:00Z"},
        {"created_before": "2026-01-31T09:00:00Z"},
    ]
    assert len({parse_filter(each).fingerprint for each in filters}) == len(filters)


def test_an_unknown_parameter_is_no_filter() -> None:
    with pytest.raises(KeyError, match="colour"):
        parse_filter({"colour": "red"})
