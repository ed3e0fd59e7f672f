"""The main job on a broker that came by extension: the same services, nothing of them changed."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from nats_server import PrivateNats

from leadwire.testing import eventually
from leadwire_standalone.demo.client import Client
from leadwire_standalone.demo.subscriber import Subscriber

if TYPE_CHECKING:
    from standalone.tests.conftest import Start

LEADS = b"""name,family_name,email,cellphone
Ada,Lovelace,ada@example.com,+14155550101
Grace,Hopper,grace@example.com,+14155550102
"""


@pytest.mark.fault
async def test_leads_reach_another_service_over_nats_that_is_killed_meanwhile(
    start: "Start", data: Path, tmp_path: Path
) -> None:
    server = PrivateNats(data_dir=tmp_path / "nats")
    await server.start()
    try:
        command = await start(
            "leadwire_standalone",
            "--port=0",
            f"--data={data}",
            environment={"LEADWIRE_BROKER_URL": server.url},
        )
        async with (
            Client(url=await command.url()) as client,
            Subscriber(broker_url=server.url) as subscriber,
        ):
            receipt = await client.import_leads(LEADS, name="leads.csv", region=None)
            assert receipt["imported"] == 2, receipt
            manager = await client.add_manager("Anna")
            lead = str(await eventually(lambda: client.held_lead(manager), within=20))
            await server.kill()
            await client.mark(lead, "interested")
            await server.start()
            await eventually(lambda: subscriber.events, within=40)
            assert [each["data"]["lead"]["id"] for each in subscriber.events.values()] == [lead]

            async def shown() -> bool:
                return {each["status"] for each in await client.stream()} >= {"interested"}

            await eventually(shown, within=40, message="the stream shows the mark")
        ended = await command.end(within=60, number=signal.SIGINT)
        assert ended.code == 0, ended.said
        assert "Traceback" not in ended.said
    finally:
        await server.close()
