"""The demo finds every sum that does not agree: each one alone fails its own check."""

from dataclasses import replace

import pytest

from leadwire_standalone.demo.client import JSON
from leadwire_standalone.demo.story import Decided, Outcome, check


def lead(number: int, status: str) -> JSON:
    return {"id": f"lead-{number}", "status": status, "created_at": f"2026-01-31T09:0{number}:00Z"}


RIGHT = Outcome(
    receipt={"received": 5, "imported": 4, "failed": 1},
    decided=[
        Decided(lead_id="lead-0", status="interested"),
        Decided(lead_id="lead-1", status="not_interested"),
        Decided(lead_id="lead-2", status="interested"),
    ],
    received=["lead-2", "lead-0"],
    # As a stream may show them: not in the order of their age.
    shown=[
        lead(3, "pending"),
        lead(1, "not_interested"),
        lead(0, "interested"),
        lead(2, "interested"),
    ],
)

SUM = "received = imported + failed"
SHOWN = "the stream shows every imported lead"
OLDEST_FIRST = "leads were assigned oldest first"
RECEIVED = "the subscriber received each interested lead once"
SAME = "the stream shows each lead as it was marked"


def failed(outcome: Outcome) -> set[str]:
    return {each.claim for each in check(outcome) if not each.holds}


def test_sums_that_agree_pass_every_check() -> None:
    assert [each.claim for each in check(RIGHT)] == [SUM, SHOWN, OLDEST_FIRST, RECEIVED, SAME]
    assert failed(RIGHT) == set()


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (replace(RIGHT, receipt={**RIGHT.receipt, "received": 6}), {SUM}),
        (replace(RIGHT, receipt={**RIGHT.receipt, "failed": 0}), {SUM}),
        (replace(RIGHT, receipt={"received": 6, "imported": 5, "failed": 1}), {SHOWN}),
        (replace(RIGHT, shown=RIGHT.shown[1:]), {SHOWN}),
        (replace(RIGHT, shown=[*RIGHT.shown, lead(4, "pending")]), {SHOWN}),
        (replace(RIGHT, decided=RIGHT.decided[::-1]), {OLDEST_FIRST}),
        (replace(RIGHT, decided=[RIGHT.decided[0], *RIGHT.decided[2:]]), {OLDEST_FIRST, SAME}),
        (replace(RIGHT, received=["lead-0"]), {RECEIVED}),
        (replace(RIGHT, received=["lead-0", "lead-2", "lead-2"]), {RECEIVED}),
        (replace(RIGHT, received=["lead-0", "lead-1"]), {RECEIVED}),
        (replace(RIGHT, shown=[*RIGHT.shown[:3], lead(2, "reached_out")]), {SAME}),
        (replace(RIGHT, shown=[lead(3, "interested"), *RIGHT.shown[1:]]), {SAME}),
        (replace(RIGHT, shown=[lead(3, "pending"), lead(1, "pending"), *RIGHT.shown[2:]]), {SAME}),
    ],
    ids=[
        "a row nobody counted",
        "a failure nobody counted",
        "a lead that is not shown",
        "a lead missing from the stream",
        "a lead too many in the stream",
        "decided youngest first",
        "an older lead passed over",
        "an event lost",
        "an event twice",
        "an event of another lead",
        "a decision the stream does not show",
        "a decision nobody took",
        "a refusal the stream does not show",
    ],
)
def test_each_wrong_sum_fails_its_own_check(outcome: Outcome, expected: set[str]) -> None:
    assert failed(outcome) == expected


def test_leads_of_one_moment_are_in_the_order_of_their_ids() -> None:
    twins = [{**lead(number, "pending"), "created_at": "2026"} for number in (1, 0)]
    assert replace(RIGHT, shown=twins).oldest_first() == ["lead-0", "lead-1"]
