"""Events that one broker has accepted are not left behind when another is chosen."""

import re
import shlex
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest

from leadwire.broker import Accepted, Message, broker_from_url
from leadwire.testing import eventually

if TYPE_CHECKING:
    from standalone.tests.conftest import Start

SUBSCRIBERS = ("manager-svc", "notifier-svc", "stream-svc")
MODULE = "leadwire_standalone"
ELSEWHERE = {"LEADWIRE_BROKER_URL": "amqp://127.0.0.1:1/", "LEADWIRE_CONNECT_WITHIN_S": "1"}


@pytest.mark.fault
async def test_another_broker_is_refused_while_events_wait_in_that_of_the_database(
    start: "Start", data: Path
) -> None:
    """After a kill, whose Postgres is still there and takes an event more."""
    here = (MODULE, "--port=0", f"--data={data}")
    command = await start(*here)
    await command.url()
    await command.end(signal.SIGKILL)
    await _publish(_broker_url(data))

    ended = await (await start(*here, environment=ELSEWHERE)).end()
    assert ended.code == 1
    assert re.search(r"could not run: \d+ deliveries of events still wait", ended.said), ended.said
    assert "run once more without LEADWIRE_BROKER_URL (BROKER_URL of make)" in ended.said

    command = await start(*here)
    await _settled(await command.url())
    assert (await command.end(signal.SIGINT)).code == 0
    ended = await (await start(*here, environment=ELSEWHERE)).end()
    assert ended.code == 1
    assert "still wait" not in ended.said
    assert "RabbitMQ" in ended.said


def _broker_url(data: Path) -> str:
    variables = dict(
        line.removeprefix("export ").split("=", 1)
        for line in (data / "environment").read_text().splitlines()
        if line.startswith("export ")
    )
    return shlex.split(variables["LEADWIRE_BROKER_URL"])[0]


async def _publish(broker_url: str) -> None:
    broker = broker_from_url(broker_url, name="another team")
    await broker.start()
    unreadable = Message(id="unreadable", type="leads_created", body=b"{}")
    assert list(await broker.publish([unreadable])) == [Accepted()]
    await broker.stop()


async def _settled(url: str) -> None:
    """Wait until every subscriber has set the unreadable event aside."""

    async def is_settled() -> bool:
        async with aiohttp.ClientSession() as session:
            for service in SUBSCRIBERS:
                async with session.get(f"{url}/v1/ops/{service}/status") as answer:
                    status = await answer.json()
                if [each["parked"] for each in status["subscriptions"]] != [1]:
                    return False
        return True

    await eventually(is_settled, within=30)
