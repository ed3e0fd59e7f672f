"""Failures of imports are forgotten after a while, and what is left is not taken for all."""

from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from import_svc.storage.receipts import ReceiptStore
from import_svc.usecases import forget_failures, own_imports, read_imports
from import_svc.usecases.forget_failures import ForgetFailures
from import_svc.usecases.read_imports import FailuresForgottenError, ReadImports
from leadwire.testing import eventually

if TYPE_CHECKING:
    from conftest import Desk, Json, MakePerson

MONTH = timedelta(days=30)


async def earlier(desk: "Desk", receipt: "Json", by: timedelta) -> "Json":
    """Let an import have begun and ended earlier; return its receipt, under an id of that time."""
    import_id = UUID(receipt["id"])
    moved = UUID(int=import_id.int - (int(by / timedelta(milliseconds=1)) << 80))
    await desk.rows("DELETE FROM import_chunks WHERE import_id = $1", import_id)
    for change in (
        "UPDATE import_failures SET import_id = $2 WHERE import_id = $1",
        "UPDATE imports SET id = $2 WHERE id = $1",
    ):
        await desk.rows(change, import_id, moved)
    ended = "UPDATE imports SET finished_at = finished_at - $2::interval WHERE id = $1"
    await desk.rows(ended, moved, by)
    return await desk.call("GET", f"/v1/imports/{moved}")


async def test_failures_go_and_their_receipt_stays_true(
    desk: "Desk", person: "MakePerson", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forget_failures, "_AT_ONCE", 2)
    rows = [person(1), *(person(n, email="x") for n in range(2, 7))]
    old = await earlier(desk, await desk.bring(rows), MONTH)
    young = await earlier(desk, await desk.bring(rows), MONTH - timedelta(minutes=1))
    clean = await earlier(desk, await desk.bring([person(9)]), MONTH)
    forget = ForgetFailures(database=desk.database, receipts=ReceiptStore(), kept_for=MONTH)
    left = "SELECT import_id::text, count(*) FROM import_failures GROUP BY import_id"

    async def only_those_of_the_young_are_left() -> bool:
        return await desk.rows(left) == [(young["id"], 6)]

    await forget.start()
    try:
        await eventually(only_those_of_the_young_are_left)
    finally:
        await forget.stop()

    after = await desk.call("GET", f"/v1/imports/{old['id']}")
    forgotten_at = after["failures_forgotten_at"]
    assert forgotten_at is not None
    expected = {"failures": [], "failures_url": None, "failures_forgotten_at": forgotten_at}
    assert after == {**old, **expected}
    assert (after["received"], after["imported"], after["failed"]) == (6, 1, 5)
    listed = await desk.call("GET", "/v1/imports")
    assert {each["id"] for each in listed["items"] if not each["failures_url"]} == {old["id"]}
    problem = await desk.call("GET", f"/v1/imports/{old['id']}/failures", 410)
    assert problem["code"] == "failures_forgotten"
    # Of others nothing is said to be forgotten.
    for kept in (young, clean):
        assert await desk.call("GET", f"/v1/imports/{kept['id']}") == kept
        assert kept["failures_forgotten_at"] is None


async def test_the_database_dates_an_end_whatever_the_clock_of_the_process_says(
    desk: "Desk", person: "MakePerson", monkeypatch: pytest.MonkeyPatch
) -> None:
    class Behind(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Behind":
            return super().now(tz) - 2 * MONTH

    monkeypatch.setattr(own_imports, "datetime", Behind)
    before = await desk.value("SELECT now()")
    receipt = await desk.bring([person(1, email="x")])
    assert datetime.fromisoformat(receipt["finished_at"]) >= before


async def test_who_reads_failures_while_they_go_does_not_take_a_part_for_all(
    desk: "Desk", person: "MakePerson", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_imports, "FAILURES_PER_PAGE", 1)
    receipt = await desk.bring([person(n, email="x") for n in range(3)])
    pages = ReadImports(database=desk.database, receipts=ReceiptStore()).failures(receipt["id"])
    assert [each.row for each in await anext(pages)] == [1]
    await desk.rows("UPDATE imports SET failures_forgotten_at = now()")
    with pytest.raises(FailuresForgottenError):
        await anext(pages)
