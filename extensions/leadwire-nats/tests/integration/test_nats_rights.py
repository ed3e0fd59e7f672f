"""The rights that the operators' page names are enough."""

import re
from pathlib import Path

from nats_harness import NatsHarness
from nats_server import PrivateNats

from leadwire.broker import Accepted, Ack, Message, Retry, Subscription
from leadwire.testing import eventually
from leadwire.testing.broker_recording import ParkingList, Recorder

PAGE = Path(__file__).parents[4] / "docs" / "operations" / "nats.md"
NAMED = re.compile(
    r"A user with permissions may publish to (.*?), and subscribe to\n(.*?)\.\s", re.DOTALL
)


def named_rights(namespace: str) -> str:
    """Return the rights as the page names them, for a namespace."""
    found = NAMED.search(PAGE.read_text())
    assert found, "the page names the rights"
    publish, subscribe = (
        ", ".join(f'"{each}"' for each in re.findall(r"`([^`]+)`", part)) for part in found.groups()
    )
    rights = f"permissions: {{ publish: [{publish}], subscribe: [{subscribe}] }}"
    return rights.replace("leadwire.>", f"{namespace}.>")


async def test_a_user_with_the_rights_of_the_page_can_do_everything(tmp_path: Path) -> None:
    harness = NatsHarness(url="")
    server = PrivateNats(data_dir=tmp_path, permissions=named_rights(harness.namespace))
    await server.start()
    harness.url = server.url
    subscription = Subscription(name="team", types=("lead_assigned",), retry_delays=(0.1,))
    recorder = Recorder(lambda delivery: Ack() if delivery.attempt == 2 else Retry())
    try:
        broker = await harness.client()
        await broker.declare([subscription])
        assert await broker.missing([subscription]) == []
        await broker.mark("team.mark")
        assert await broker.is_marked("team.mark")
        batch = [Message(id=each, type="lead_assigned", body=b"") for each in "abc"]
        assert list(await broker.publish(batch)) == [Accepted()] * 3
        assert list(await broker.publish(batch[:1], only="team")) == [Accepted()]
        assert await broker.waiting("team", up_to=9) == 4
        consumer = await broker.subscribe(subscription, recorder, parking=ParkingList())
        await eventually(lambda: len(recorder.finished) == 4)
        await consumer.stop()
    finally:
        await harness.close()
        await server.close()
