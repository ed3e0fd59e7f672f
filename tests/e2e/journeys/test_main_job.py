"""Leads go in, are assigned oldest first, marked, and come out at a subscriber and a stream.

Everything is asked for at one address: the services stand behind the gateway, as they are deployed.
"""

import json
from collections.abc import AsyncIterator

import pytest
from gateway.nginx import Gateway, furnished_home

from e2e.conftest import StartSystem
from e2e.leads import FAILING_ROWS, as_csv, valid_rows
from e2e.office import Office
from e2e.subscriber import Subscriber
from e2e.system import System
from leadwire.testing import eventually
from leadwire.testing.services import PREFIXES

LEADS = 40


@pytest.fixture
async def system(start_system: StartSystem) -> AsyncIterator[System]:
    system = await start_system()
    upstreams = {
        module.replace("_", "-"): system.service(module).url.removeprefix("http://")
        for module in PREFIXES
    }
    with furnished_home() as home:
        gateway = await Gateway(home=home, upstreams=upstreams, settings={}).start()
        system.ask_through(gateway.url)
        yield system
        assert await gateway.stop() == 0


async def test_leads_travel_from_the_import_to_every_reader(
    system: System, broker_url: str
) -> None:
    async with Subscriber(url=broker_url, event_type="lead_interested_created") as subscriber:
        office = Office(system=system)
        await office.hire("Ada", "Grace", "Edsger")
        receipt = await system.import_leads(
            as_csv([*valid_rows(LEADS), *FAILING_ROWS]), "text/csv", region="US"
        )
        assert (receipt["received"], receipt["imported"], receipt["failed"]) == (43, 40, 3)
        assert [failure["codes"] for failure in receipt["failures"]] == [
            ["cellphone_missing"],
            ["email_invalid"],
            ["email_exists"],
        ]
        await eventually(lambda: _all_have_a_lead(office))
        await office.decide(LEADS)

        interested = office.ledger.marked("interested")
        await eventually(lambda: len(subscriber.effects) == len(interested), within=30)
        assert sorted(subscriber.leads()) == sorted(interested)
        assert set(subscriber.deliveries.values()) == {1}
        # Ids grow in row order, so oldest first is the order of the ids.
        assert list(office.ledger.decisions) == sorted(office.ledger.decisions)
        await eventually(lambda: _stream_shows(system, office), within=30)
        await eventually(lambda: _journal_holds(system, interested), within=30)


async def test_a_lead_from_the_form_is_acknowledged_and_announced(system: System) -> None:
    lead = await system.post(
        "import_svc",
        "/v1/leads",
        {"first_name": "Barbara", "last_name": "Liskov", "email": "barbara@example.com"},
    )
    found = await eventually(lambda: _find(system, lead["id"]))
    assert (found["origin"], found["status"], found["cellphone"]) == ("form", "pending", None)

    async def both_are_delivered() -> bool:
        page = await system.get("notifier_svc", "/v1/deliveries", status="delivered")
        return sorted(each["kind"] for each in page["items"]) == ["acknowledgement", "alert"]

    await eventually(both_are_delivered, within=30)


async def _all_have_a_lead(office: Office) -> bool:
    return len(await office.look()) == 3


async def _stream_shows(system: System, office: Office) -> bool:
    lines = [json.loads(line) for line in (await system.stream_text(follow="false")).splitlines()]
    shown = {frame["id"]: frame["lead"]["status"] for frame in lines if frame["type"] == "put"}
    assert lines[-1] == {"type": "end", "count": LEADS}
    return shown == office.ledger.decisions


async def _journal_holds(system: System, interested: list[str]) -> bool:
    page = await system.get(
        "notifier_svc", "/v1/journal", type="lead_interested_created", limit="1000"
    )
    return sorted(item["subject"] for item in page["items"]) == sorted(interested)


async def _find(system: System, lead_id: str) -> dict[str, object]:
    return await system.get("stream_svc", f"/v1/leads/{lead_id}")
