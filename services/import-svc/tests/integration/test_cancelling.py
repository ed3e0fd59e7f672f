"""Imports that are cancelled while they run."""

import asyncio
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr
from uuid_utils.compat import uuid7

from import_svc.app import create_app

if TYPE_CHECKING:
    from conftest import Json, MakePerson, Office, Slow

    from import_svc.settings import ImportSettings

KEY = MappingProxyType({"Idempotency-Key": "k"})


async def cancel(office: "Office", import_id: str, *, status: int = 200) -> "Json":
    return await office.desk.call("POST", f"/v1/imports/{import_id}/cancel", status)


async def test_a_cancelled_import_stores_nothing_more_and_tells_what_it_did(
    slow: "list[Slow]", office: "Office", many: bytes, settings: "ImportSettings"
) -> None:
    """Here another process cancels it; the one that runs it finds out with the next chunk."""
    accepted, _ = await office.hand_in(many, headers=KEY)
    await slow[0].stands.wait()
    replica = settings.model_copy(
        update={"broker_url": SecretStr("memory://cancelling"), "background_running": 0}
    )
    async with (
        TestClient(TestServer(create_app(replica))) as other,
        other.post(f"/v1/imports/{accepted['id']}/cancel") as response,
    ):
        receipt = await response.json()
    assert (receipt["status"], receipt["error"]) == ("cancelled", None)
    assert receipt["received"] == receipt["imported"] + receipt["failed"] > 0
    assert receipt["finished_at"] is not None
    slow[0].go_on.set()
    await slow[0].refused.wait()
    assert office.bodies() == []
    assert await office.receipt(accepted["id"]) == receipt
    assert await office.desk.value("SELECT count(*) FROM leads") == receipt["imported"]
    assert await cancel(office, accepted["id"]) == receipt
    again, headers = await office.hand_in(many, headers=KEY, status=200)
    assert (again, headers["Idempotent-Replayed"]) == (receipt, "true")


async def test_whoever_waits_for_an_import_gets_its_receipt_when_it_is_cancelled(
    slow: "list[Slow]", office: "Office", many: bytes
) -> None:
    sending = asyncio.create_task(office.hand_in(many, headers={"Prefer": ""}, status=200))
    await slow[0].stands.wait()
    [running] = (await office.desk.call("GET", "/v1/imports"))["items"]
    assert running["progress"]["bytes_total"] is None
    receipt = await cancel(office, running["id"])
    answer, _ = await sending
    assert answer == receipt
    assert answer["status"] == "cancelled"
    assert not slow[0].refused.is_set()  # the chunk that stood still was not even tried


async def test_a_background_import_that_is_cancelled_here_stops_at_once(
    slow: "list[Slow]", office: "Office", many: bytes
) -> None:
    accepted, _ = await office.hand_in(many)
    await slow[0].stands.wait()
    receipt = await cancel(office, accepted["id"])
    await office.nothing_is_left()
    runs = [task for task in asyncio.all_tasks() if accepted["id"] in task.get_name()]
    await asyncio.gather(*runs)
    assert await office.receipt(accepted["id"]) == receipt
    assert not slow[0].go_on.is_set()


@pytest.mark.usefixtures("idle")
async def test_one_that_waits_is_cancelled_too(office: "Office", many: bytes) -> None:
    accepted, _ = await office.hand_in(many)
    receipt = await cancel(office, accepted["id"])
    assert (receipt["status"], receipt["received"]) == ("cancelled", 0)
    assert office.bodies() == []


async def test_what_has_ended_cannot_be_cancelled(office: "Office", person: "MakePerson") -> None:
    receipt = await office.desk.bring([person(1)])
    problem = await cancel(office, receipt["id"], status=409)
    assert (problem["code"], problem["import_status"]) == ("import_ended", "completed")
    assert (await cancel(office, str(uuid7()), status=404))["code"] == "import_not_found"
    assert (await office.receipt(receipt["id"]))["status"] == "completed"
