"""What is declared on the server, what is missed, and what is in the way."""

from collections.abc import AsyncIterator

import nats
import pytest
from nats.js import JetStreamContext
from nats.js.api import RetentionPolicy
from nats_harness import NatsHarness

from leadwire.broker import (
    Accepted,
    Message,
    Subscription,
    TopologyConflictError,
    Unroutable,
    broker_from_url,
)

WANTED = Subscription(name="some-team.leads", types=("lead_assigned", "lead_released"))


@pytest.fixture
async def server(nats_url: str) -> AsyncIterator[JetStreamContext]:
    async with await nats.connect(nats_url) as connection:
        yield connection.jetstream()


async def test_the_extension_is_found_by_the_scheme_of_its_url(namespace: NatsHarness) -> None:
    found = broker_from_url(f"{namespace.url}?namespace={namespace.namespace}", name="found")
    await found.start()
    try:
        await found.declare([WANTED])
        assert await found.missing([WANTED]) == []
    finally:
        await found.stop()


async def test_declaring_again_leaves_alone_what_operators_have_set(
    namespace: NatsHarness, server: JetStreamContext
) -> None:
    broker = await namespace.client()
    await broker.declare([WANTED])
    stream = f"{namespace.namespace}-some-team=2Eleads"
    await server.update_stream((await server.stream_info(stream)).config, max_bytes=1_000_000)
    more = Subscription(name=WANTED.name, types=(*WANTED.types, "lead_erased"))
    await broker.declare([more])
    config = (await server.stream_info(stream)).config
    assert config.max_bytes == 1_000_000
    assert await broker.missing([more]) == []
    await broker.declare([WANTED])
    assert await broker.missing([more]) == [
        f"stream {stream}: subject {namespace.namespace}.events.some-team=2Eleads.lead_erased"
    ]


async def test_what_is_missing_is_named(namespace: NatsHarness, server: JetStreamContext) -> None:
    broker = await namespace.client()
    stream = f"{namespace.namespace}-some-team=2Eleads"
    attempts = f"{namespace.namespace}_attempts"
    assert await broker.missing([WANTED]) == [f"stream {attempts}", f"stream {stream}"]
    await broker.declare([WANTED])
    assert await broker.missing([WANTED]) == []
    await server.delete_consumer(stream, "consumers")
    await server.delete_stream(attempts)
    assert await broker.missing([WANTED]) == [
        f"stream {attempts}",
        f"stream {stream}: consumer consumers",
    ]


async def test_an_ordered_subscription_does_not_become_an_unordered_one(
    namespace: NatsHarness,
) -> None:
    broker = await namespace.client()
    await broker.declare([WANTED])
    ordered = Subscription(name=WANTED.name, types=WANTED.types, ordered=True)
    with pytest.raises(TopologyConflictError, match="ordered=False"):
        await broker.declare([ordered])
    [gap] = await broker.missing([ordered])
    assert "ordered=True" in gap


async def test_a_stream_that_would_lose_events_is_a_conflict(
    namespace: NatsHarness, server: JetStreamContext
) -> None:
    await server.add_stream(
        name=f"{namespace.namespace}-some-team=2Eleads",
        subjects=[f"{namespace.namespace}.events.some-team=2Eleads.*"],
        retention=RetentionPolicy.LIMITS,
    )
    broker = await namespace.client()
    with pytest.raises(TopologyConflictError, match="retention"):
        await broker.declare([WANTED])


async def test_subjects_that_another_stream_takes_are_a_conflict(
    namespace: NatsHarness, server: JetStreamContext
) -> None:
    await server.add_stream(
        name=f"{namespace.namespace}_greedy", subjects=[f"{namespace.namespace}.events.>"]
    )
    broker = await namespace.client()
    with pytest.raises(TopologyConflictError, match="another stream"):
        await broker.declare([WANTED])


async def test_a_type_that_another_stream_takes_is_a_conflict_where_it_is_added(
    namespace: NatsHarness, server: JetStreamContext
) -> None:
    broker = await namespace.client()
    await broker.declare([WANTED])
    taken = f"{namespace.namespace}.events.some-team=2Eleads.lead_erased"
    await server.add_stream(name=f"{namespace.namespace}_greedy", subjects=[taken])
    more = Subscription(name=WANTED.name, types=(*WANTED.types, "lead_erased"))
    with pytest.raises(TopologyConflictError, match="lead_erased"):
        await broker.declare([more])
    assert await broker.missing([WANTED]) == []


async def test_a_subscription_is_reached_from_the_moment_it_is_declared(
    namespace: NatsHarness,
) -> None:
    """Nobody keeps who wants what: neither the publisher's own nor another client's declaration."""
    publisher, other = await namespace.client("publisher"), await namespace.client("other")

    async def outcome() -> object:
        [said] = await publisher.publish([Message(id="1", type="lead_released", body=b"")])
        return said

    assert await outcome() == Unroutable()
    await other.declare([WANTED])
    assert await outcome() == Accepted()
    assert await other.waiting(WANTED.name, up_to=10) == 1


async def test_names_that_differ_in_what_nats_forbids_do_not_meet(namespace: NatsHarness) -> None:
    broker = await namespace.client()
    names = ("a.b", "a=2Eb", "a b", "a/b", "a>b", "ä*")
    alike = [Subscription(name=name, types=(f"type {name}",)) for name in names]
    await broker.declare(alike)
    for each in alike:
        [said] = await broker.publish([Message(id=each.name, type=each.types[0], body=b"")])
        assert said == Accepted()
    assert [await broker.waiting(each.name, up_to=9) for each in alike] == [1] * len(alike)
