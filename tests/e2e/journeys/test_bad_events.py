"""What is no event of ours, and a megabyte of it: it is journaled or parked, and all go on."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from uuid_utils.compat import uuid7

from e2e.leads import as_csv, valid_rows
from e2e.office import Office
from e2e.system import System
from leadwire.broker import Accepted, Message, broker_from_url
from leadwire.contracts import EventType
from leadwire.contracts.samples import sample_bytes
from leadwire.testing import eventually

MEGABYTE: Final = "x" * 1024 * 1024
CONSUMERS: Final = ("manager_svc", "notifier_svc", "stream_svc")


async def test_a_megabyte_is_journaled_if_it_is_an_event_and_else_parked_and_holds_nobody_up(
    system: System, broker_url: str
) -> None:
    strange = _strange("invoice_paid", dataschema="theirs:invoice_paid:9", data={"note": MEGABYTE})
    wordy = _strange(EventType.LEADS_CREATED, data={"leads": MEGABYTE})
    noise = Message(id=str(uuid7()), type=EventType.LEAD_UPDATED, body=MEGABYTE.encode())
    broker = broker_from_url(broker_url, name="another team")
    await broker.start()
    assert list(await broker.publish([strange, wordy, noise])) == [Accepted()] * 3
    await broker.stop()

    for module in CONSUMERS:
        expected = {each.id: len(each.body) for each in (wordy, noise)}
        await eventually(partial(_has_parked, system, module, expected), within=30)
    await eventually(partial(_has_journaled, system, (strange, wordy)), within=30)
    await Office(system=system).hire("Ada")
    await system.import_leads(as_csv(valid_rows(1)), "text/csv", region="US")
    await eventually(partial(_is_held, system), within=30)


def _strange(event_type: str, **changes: Any) -> Message:
    """Return a CloudEvent that none of our services publishes."""
    event = json.loads(sample_bytes(EventType.LEADS_CREATED))
    event |= {"id": str(uuid7()), "type": event_type, "source": "another team", **changes}
    return Message(id=event["id"], type=event_type, body=json.dumps(event).encode())


async def _has_parked(system: System, module: str, expected: Mapping[str, int]) -> bool:
    """Tell whether these are parked, by id with their sizes; the list itself is short."""
    page = await system.get(module, f"/v1/ops/{module.replace('_', '-')}/parked")
    assert len(json.dumps(page)) < 10_000
    return {each["event_id"]: each["size"] for each in page["items"]} == expected


async def _has_journaled(system: System, expected: Sequence[Message]) -> bool:
    items = (await system.get("notifier_svc", "/v1/journal"))["items"]
    return {each["id"]: each["event"] for each in items} == {
        each.id: json.loads(each.body) for each in expected
    }


async def _is_held(system: System) -> bool:
    page = await system.get("stream_svc", "/v1/leads")
    return [lead["manager"]["name"] for lead in page["items"] if lead["manager"]] == ["Ada"]
