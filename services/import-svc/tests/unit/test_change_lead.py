"""What becomes of a lead when some of its fields are given anew."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from uuid_utils.compat import uuid7

from import_svc.domain.changes import change_lead
from import_svc.domain.leads import Lead
from import_svc.domain.rows import MAX_ATTRIBUTES_BYTES
from leadwire.contracts.vocabulary import Origin

THEN = datetime(2026, 1, 2, tzinfo=UTC)
NOW = THEN + timedelta(hours=1)


def lead(*, attributes: str = "{}", origin: Origin = Origin.FORM) -> Lead:
    return Lead(
        id=uuid7(),
        name="Ada",
        family_name="Lovelace",
        email="ada@example.com",
        email_key="ada@example.com",
        cellphone="+14155552671",
        attributes=attributes,
        origin=origin,
        import_id=uuid7() if origin is Origin.IMPORT else None,
        created_at=THEN,
        updated_at=THEN,
        rev=3,
    )


def changed(before: Lead, given: Mapping[str, object], *, region: str | None = None) -> Lead:
    after = change_lead(before, given, region=region, now=NOW)
    assert isinstance(after, Lead)
    return after


def faults(before: Lead, given: Mapping[str, object]) -> list[tuple[str, str]]:
    found = change_lead(before, given, region=None, now=NOW)
    assert isinstance(found, list)
    return [(fault.field, fault.code.value) for fault in found]


def test_what_is_given_is_cleaned_and_the_rest_stays() -> None:
    before = lead()
    given = {"name": " Augusta ", "email": "King@EXAMPLE.com", "cellphone": "(415) 555-2672"}
    assert changed(before, given, region="US") == before._replace(
        name="Augusta",
        email="King@example.com",
        email_key="king@example.com",
        cellphone="+14155552672",
        updated_at=NOW,
        rev=4,
    )


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"name": " Ada ", "email": "ada@EXAMPLE.com", "cellphone": "+1 (415) 555-2671"},
        {"attributes": {}},
        {"attributes": {"b": {"d": None}, "never": None}},
        {"attributes": {"b": {"c": 1}, "a": "x"}},
    ],
)
def test_what_is_the_same_in_normal_form_is_no_change(given: dict[str, object]) -> None:
    before = lead(attributes='{"a": "x", "b": {"c": 1}}')
    assert changed(before, given) is before


def test_everything_that_is_wrong_is_said_at_once() -> None:
    given = {"name": None, "family_name": "\x01", "email": "a@b", "cellphone": "12"}
    assert faults(lead(), given) == [
        ("name", "name_missing"),
        ("family_name", "name_invalid"),
        ("email", "email_invalid"),
        ("cellphone", "cellphone_invalid"),
    ]


@pytest.mark.parametrize("nothing", [None, "", " "])
def test_a_cellphone_is_taken_from_a_lead_of_the_form_only(nothing: str | None) -> None:
    assert changed(lead(), {"cellphone": nothing}).cellphone is None
    imported = lead(origin=Origin.IMPORT)
    assert faults(imported, {"cellphone": nothing}) == [("cellphone", "cellphone_missing")]


# The examples of RFC 7396, appendix A, whose target and result are objects.
@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ({"a": 1}, {"a": True}, {"a": True}),
        ({"a": 1}, None, {}),
    ],
)
def test_attributes_are_merged_as_a_json_merge_patch(target: Any, patch: Any, result: Any) -> None:
    before = lead(attributes=orjson.dumps(target).decode())
    after = changed(before, {"attributes": patch})
    assert orjson.dumps(orjson.loads(after.attributes)) == orjson.dumps(result)
    assert after.rev == 4


def test_attributes_must_fit_with_those_that_are_there() -> None:
    half = "x" * (MAX_ATTRIBUTES_BYTES // 2)
    before = lead(attributes=orjson.dumps({"a": half}).decode())
    assert faults(before, {"attributes": {"b": half}}) == [("attributes", "row_too_large")]
    assert changed(before, {"attributes": {"a": None, "b": half}}).rev == 4


@pytest.mark.parametrize(
    ("given", "attributes"),
    [
        ({"cellphone": "+14155552672 x9"}, {"cellphone_extension": "9", "n": 1}),
        ({"cellphone": "+14155552672"}, {"n": 1}),
        ({"cellphone": None}, {"n": 1}),
        ({"cellphone": "+14155552671", "name": "B"}, {"cellphone_extension": "7", "n": 1}),
        (
            {"cellphone": "+14155552672", "attributes": {"cellphone_extension": "3"}},
            {"cellphone_extension": "3", "n": 1},
        ),
        ({"cellphone": "+14155552672 x9", "attributes": None}, {"cellphone_extension": "9"}),
    ],
)
def test_an_extension_goes_with_its_number(
    given: dict[str, object], attributes: dict[str, object]
) -> None:
    after = changed(lead(attributes='{"n": 1, "cellphone_extension": "7"}'), given)
    assert orjson.loads(after.attributes) == attributes
