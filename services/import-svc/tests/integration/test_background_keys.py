"""Background imports that are sent again with their key."""

import asyncio
from collections.abc import AsyncIterator
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from import_svc.domain.bodies import StoredBody
from import_svc.usecases.bodies import Bodies
from leadwire.testing import eventually

if TYPE_CHECKING:
    from conftest import Office, Slow

KEY = MappingProxyType({"Idempotency-Key": "k"})


@pytest.mark.usefixtures("idle")
async def test_the_same_request_gets_the_same_import_while_it_waits_and_after(
    office: "Office", many: bytes
) -> None:
    first, first_headers = await office.hand_in(many, headers=KEY)
    again, again_headers = await office.hand_in(many, headers=KEY)
    assert again["id"] == first["id"]
    assert again_headers["Location"] == first_headers["Location"]
    assert "Idempotent-Replayed" not in first_headers
    assert again_headers["Idempotent-Replayed"] == "true"
    assert len(office.bodies()) == 1
    problem, _ = await office.hand_in(many[:-1], headers=KEY, status=422)
    assert problem["code"] == "idempotency_key_reused"
    # The sender of a body that would be imported at once has to wait.
    problem, _ = await office.hand_in(many, headers={**KEY, "Prefer": "wait=1"}, status=409)
    assert (problem["code"], problem["import_id"]) == ("import_running", first["id"])
    assert len(office.bodies()) == 1


async def test_the_same_request_gets_the_receipt_once_the_import_has_ended(
    office: "Office", many: bytes
) -> None:
    accepted, _ = await office.hand_in(many, headers=KEY)
    receipt = await office.ended(accepted["id"])
    again, headers = await office.hand_in(many, headers=KEY, status=200)
    assert (again, headers["Idempotent-Replayed"]) == (receipt, "true")
    at_once, _ = await office.hand_in(many, headers={**KEY, "Prefer": "wait=9"}, status=200)
    assert at_once == receipt
    problem, _ = await office.hand_in(many[:-1], headers=KEY, status=422)
    assert problem["code"] == "idempotency_key_reused"
    await office.nothing_is_left()


@pytest.mark.usefixtures("idle")
async def test_of_racing_requests_with_one_key_one_import_comes(
    office: "Office", many: bytes
) -> None:
    answers = await asyncio.gather(*(office.hand_in(many, headers=KEY) for _ in range(4)))
    assert len({answer["id"] for answer, _ in answers}) == 1
    assert sum("Idempotent-Replayed" in headers for _, headers in answers) == 3
    await eventually(lambda: len(office.bodies()) == 1)


@pytest.mark.usefixtures("idle")
async def test_another_body_that_was_still_coming_is_refused(
    office: "Office", many: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it began to come there was no import that it could be compared with."""
    coming, accepted = asyncio.Event(), asyncio.Event()
    keep = Bodies.keep

    async def keep_and_tell(bodies: Bodies, pieces: AsyncIterator[bytes]) -> StoredBody:
        coming.set()
        return await keep(bodies, pieces)

    async def other_body() -> AsyncIterator[bytes]:
        yield many[:1_000]
        await accepted.wait()
        yield many[1_000:-1]

    monkeypatch.setattr(Bodies, "keep", keep_and_tell)
    sending = asyncio.create_task(office.hand_in(other_body(), headers=KEY, status=422))
    await coming.wait()
    await office.hand_in(many, headers=KEY)
    accepted.set()
    problem, _ = await sending
    assert problem["code"] == "idempotency_key_reused"
    await eventually(lambda: len(office.bodies()) == 1)


async def test_one_that_failed_goes_on_with_the_body_sent_again(
    office: "Office", many: bytes
) -> None:
    """Here the body was lost; what was stored of it stays, and counts once."""
    accepted, _ = await office.hand_in(many, headers=KEY)
    await office.ended(accepted["id"])
    await office.desk.rows(
        "UPDATE imports SET status = 'failed', error_code = 'body_lost', error_detail = ''"
    )
    again, headers = await office.hand_in(many, headers=KEY)
    assert (again["id"], "Idempotent-Replayed" in headers) == (accepted["id"], False)
    receipt = await office.ended(accepted["id"])
    assert (receipt["status"], receipt["received"]) == ("completed", 1_500)
    assert len(receipt["failures"]) == 150


async def test_a_body_that_begins_otherwise_than_what_is_stored_is_refused(
    office: "Office", many: bytes
) -> None:
    """It was sent to be imported at once, and was interrupted: only what is stored is known."""
    at_once = {**KEY, "Prefer": "wait=9"}
    receipt, _ = await office.hand_in(many, headers=at_once, status=200)
    await office.desk.rows(
        "UPDATE imports SET status = 'failed', error_code = 'service_died', error_detail = '',"
        " body_hash = NULL"
    )
    for other in (
        many[:-1],
        many[:1_000_000],
        many + b"{}",
        b"\n" + many,
        many.replace(b"Given7", b"Taken7"),
    ):
        for headers in (KEY, at_once):
            problem, _ = await office.hand_in(other, headers=headers, status=422)
            assert problem["code"] == "idempotency_key_reused"
    assert office.bodies() == []
    assert (await office.receipt(receipt["id"]))["error"]["code"] == "service_died"
    again, _ = await office.hand_in(many, headers=KEY)
    assert again["id"] == receipt["id"]
    ended = await office.ended(receipt["id"])
    assert (ended["status"], ended["received"], ended["failed"]) == ("completed", 1_500, 150)


@pytest.mark.parametrize("prefer", ["respond-async", "wait=9"])
async def test_one_that_failed_before_anything_was_stored_takes_a_corrected_file(
    office: "Office", prefer: str
) -> None:
    headers = {**KEY, "Content-Type": "text/csv"}
    accepted, _ = await office.hand_in(b"a,b\n1,2\n", headers=headers)
    failed = await office.ended(accepted["id"])
    assert failed["error"]["code"] == "columns_not_recognised"
    corrected = b"name,family_name,email,cellphone\nA,B,a@example.com,+14155552671\n"
    status = 202 if prefer == "respond-async" else 200
    again, answered = await office.hand_in(
        corrected, headers={**headers, "Prefer": prefer}, status=status
    )
    assert (again["id"], "Idempotent-Replayed" in answered) == (accepted["id"], False)
    receipt = await office.ended(accepted["id"])
    assert (receipt["status"], receipt["imported"]) == ("completed", 1)
    for each in ("respond-async", "wait=9"):
        await office.hand_in(corrected + b"\n", headers={**headers, "Prefer": each}, status=422)


@pytest.mark.parametrize("prefer", ["respond-async", "wait=9"])
async def test_one_that_failed_later_takes_a_body_that_begins_with_what_is_stored(
    office: "Office", many: bytes, prefer: str
) -> None:
    rows = b"[" + many[:-1].replace(b"\n", b",")
    headers = {**KEY, "Content-Type": "application/json"}
    accepted, _ = await office.hand_in(rows + b",{]", headers=headers)
    failed = await office.ended(accepted["id"])
    assert failed["error"]["code"] == "malformed_json"
    assert failed["received"] > 0
    headers["Prefer"] = prefer
    other = rows.replace(b"Given7", b"Taken7") + b"]"
    problem, _ = await office.hand_in(other, headers=headers, status=422)
    assert problem["code"] == "idempotency_key_reused"
    assert await office.receipt(accepted["id"]) == failed
    status = 202 if prefer == "respond-async" else 200
    await office.hand_in(rows + b"]", headers=headers, status=status)
    receipt = await office.ended(accepted["id"])
    assert (receipt["status"], receipt["received"]) == ("completed", 1_500)


@pytest.mark.parametrize("prefer", ["respond-async", "wait=9"])
async def test_one_that_was_cancelled_while_its_body_came_does_not_answer_for_another_body(
    slow: "list[Slow]", office: "Office", many: bytes, prefer: str
) -> None:
    sending = asyncio.create_task(
        office.hand_in(many, headers={**KEY, "Prefer": "wait=9"}, status=200)
    )
    await slow[0].stands.wait()
    [running] = (await office.desk.call("GET", "/v1/imports"))["items"]
    cancelled = await office.desk.call("POST", f"/v1/imports/{running['id']}/cancel")
    slow[0].go_on.set()
    await sending
    headers = {**KEY, "Prefer": prefer}
    for other in (many[:1_000], many.replace(b"Given7", b"Taken7")):
        problem, _ = await office.hand_in(other, headers=headers, status=422)
        assert problem["code"] == "idempotency_key_reused"
    again, answered = await office.hand_in(many, headers=headers, status=200)
    assert (again, answered["Idempotent-Replayed"]) == (cancelled, "true")
