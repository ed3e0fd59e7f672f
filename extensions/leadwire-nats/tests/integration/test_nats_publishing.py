"""Outcomes of publications, where a server and its limits refuse, and what others publish."""

import json
from collections.abc import AsyncIterator

import nats
import pytest
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy
from nats_harness import NatsHarness

from leadwire.broker import Accepted, Message, Rejected, Subscription
from leadwire.testing import eventually
from leadwire.testing.broker_recording import ParkingList, Recorder

WANTED = Subscription(name="team", types=("lead_assigned",))


def event(number: int, *, size: int = 2) -> Message:
    return Message(id=f"event-{number}", type="lead_assigned", body=b"x" * size)


@pytest.fixture
async def server(nats_url: str) -> AsyncIterator[JetStreamContext]:
    async with await nats.connect(nats_url) as connection:
        yield connection.jetstream()


async def test_a_full_stream_refuses_for_a_while_and_drops_nothing(
    namespace: NatsHarness, server: JetStreamContext
) -> None:
    broker = await namespace.client()
    await broker.declare([WANTED])
    config = (await server.stream_info(f"{namespace.namespace}-team")).config
    await server.update_stream(config, max_bytes=20_000)
    batch = [event(number, size=1_000) for number in range(40)]
    outcomes = list(await broker.publish(batch))
    accepted = [each.id for each, said in zip(batch, outcomes, strict=True) if said == Accepted()]
    refused = [said for said in outcomes if isinstance(said, Rejected)]
    assert 0 < len(accepted) < 40
    assert len(accepted) + len(refused) == 40
    assert not any(said.permanent for said in refused)
    recorder = Recorder()
    await broker.subscribe(WANTED, recorder, parking=ParkingList())
    await eventually(lambda: recorder.finished == accepted)
    last = event(40, size=1_000)
    await eventually(lambda: _is_accepted(namespace, last), message="there is room again")
    await eventually(lambda: last.id in recorder.finished)


async def _is_accepted(namespace: NatsHarness, message: Message) -> bool:
    broker = next(iter(namespace._clients))
    return list(await broker.publish([message])) == [Accepted()]


async def test_what_no_server_would_take_is_refused_beside_what_it_takes(
    namespace: NatsHarness,
) -> None:
    """A payload beyond the server's limit would end the connection, and all on its way with it."""
    broker = await namespace.client()
    await broker.declare([WANTED])
    large = event(1, size=1024 * 1024)
    torn = Message(id="torn", type="lead_assigned", body=b"", headers={"name": "\ud800"})
    endless = Message(id="endless", type="t" * 200, body=b"")
    outcomes = await broker.publish([event(0), large, torn, endless, event(2)])
    assert [type(each) for each in outcomes] == [Accepted, Rejected, Rejected, Rejected, Accepted]
    assert all(each.permanent for each in outcomes if isinstance(each, Rejected))
    assert await broker.waiting("team", up_to=9) == 2


async def test_an_id_that_is_published_again_comes_again(namespace: NatsHarness) -> None:
    """A replay a moment after the first delivery is no duplicate to be dropped."""
    broker = await namespace.client()
    await broker.declare([WANTED])
    recorder = Recorder()
    await broker.subscribe(WANTED, recorder, parking=ParkingList())
    for _ in range(2):
        assert list(await broker.publish([event(1)])) == [Accepted()]
    await eventually(lambda: recorder.finished == ["event-1"] * 2)
    assert list(await broker.publish([event(1)], only="team")) == [Accepted()]
    await eventually(lambda: recorder.finished == ["event-1"] * 3)


@pytest.mark.parametrize(
    "headers", [None, {"Leadwire-Message": "{"}, {"Leadwire-Message": "[1]"}, {"X": "y"}]
)
async def test_what_others_publish_without_our_care_is_delivered(
    namespace: NatsHarness, server: JetStreamContext, headers: dict[str, str] | None
) -> None:
    broker = await namespace.client()
    await broker.declare([WANTED])
    subject = f"{namespace.namespace}.events.team.lead_assigned"
    for _ in range(2):
        await server.publish(subject, b"\x00by hand", headers=headers)
    recorder = Recorder()
    await broker.subscribe(WANTED, recorder, parking=ParkingList())
    await eventually(lambda: len(recorder.finished) == 2)
    first, second = (each.delivery.message for each in recorder.received)
    assert (first.type, first.body, first.id) == ("lead_assigned", b"\x00by hand", second.id)


async def test_the_stream_of_another_team_gets_its_events_and_holds_nobody_up(
    namespace: NatsHarness, server: JetStreamContext
) -> None:
    """One that drops its oldest takes everything, while ours keep everything."""
    theirs = f"{namespace.namespace}-billing"
    await server.add_stream(
        name=theirs,
        subjects=[f"{namespace.namespace}.events.billing.lead_assigned"],
        retention=RetentionPolicy.WORK_QUEUE,
        discard=DiscardPolicy.OLD,
        max_msgs=3,
    )
    broker = await namespace.client()
    await broker.declare([WANTED])
    outcomes = await broker.publish([event(number) for number in range(10)])
    assert list(outcomes) == [Accepted()] * 10
    assert await broker.waiting("team", up_to=99) == 10
    assert (await server.stream_info(theirs)).state.messages == 3
    last = await server.get_last_msg(theirs, f"{namespace.namespace}.events.billing.lead_assigned")
    assert json.loads((last.headers or {})["Leadwire-Message"])["id"] == "event-9"
