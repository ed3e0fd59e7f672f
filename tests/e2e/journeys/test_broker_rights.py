"""Each service's user of RabbitMQ can do all that it has to, and nothing that is another's."""

import json
import re
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import aio_pika
import pytest
import pytest_asyncio
from aio_pika.abc import AbstractChannel
from aiormq.exceptions import ChannelAccessRefused
from yarl import URL

from leadwire.broker import (
    Accepted,
    Ack,
    BrokerError,
    Message,
    Retry,
    Subscription,
    Unroutable,
)
from leadwire.broker.rabbitmq import RabbitMQBroker
from leadwire.contracts import EventType
from leadwire.testing import eventually
from leadwire.testing.broker_contract import message
from leadwire.testing.broker_recording import ParkingList, Recorder
from leadwire.testing.rabbitmq import RabbitMQServer, Vhost
from leadwire_standalone.services import SERVICES

HOUSE = Path(__file__).parents[3]
RIGHTS = HOUSE / "deploy" / "rabbitmq" / "rights.json"
GUIDE = HOUSE / "docs" / "guide" / "subscribe.md"
SUBSCRIPTIONS = [each for service in SERVICES for each in service.subscriptions]
QUEUES = [f"leadwire.{each.name}{end}" for each in SUBSCRIPTIONS for end in ("", ".dead")]
PUBLISHERS = {"import-svc", "manager-svc", "notifier-svc"}
PASSWORD = "for-tests-only"

Tried = Callable[[AbstractChannel], Awaitable[object]]


class Users:
    """The users of an installation, on a virtual host of this test's own."""

    def __init__(self, *, rights: dict[str, Any], url: str) -> None:
        self._rights = rights
        self._url = url

    def url(self, user: str) -> str:
        """The address for one of them."""
        return str(URL(self._url).with_user(user).with_password(PASSWORD))

    def types(self, user: str) -> set[str]:
        """The types of events that a user may publish."""
        [pattern] = [
            each["write"]
            for each in self._rights["topic_permissions"]
            if (each["user"], each["exchange"]) == (user, "leadwire.events")
        ]
        return {each for each in EventType if re.search(pattern, each)}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def users(
    private_rabbitmq: RabbitMQServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Users]:
    """The users; they end with the server."""
    host = Vhost(server=private_rabbitmq)
    await host.create()
    rights = json.loads(RIGHTS.read_text())
    for each in (*rights["permissions"], *rights["topic_permissions"]):
        each["vhost"] = host.name
    names = [each["user"] for each in rights["permissions"]]
    made = [{"name": name, "password": PASSWORD, "tags": []} for name in names]
    definitions = tmp_path_factory.mktemp("rights") / "definitions.json"
    definitions.write_text(json.dumps({**rights, "users": made, "vhosts": []}))
    await private_rabbitmq.ctl("import_definitions", str(definitions))
    # As the guide tells other teams, on a virtual host of another name.
    for line in re.findall(r"^rabbitmqctl (.+)$", GUIDE.read_text(), re.MULTILINE):
        words = shlex.split(line.replace("-p /", f"-p {host.name}").replace("PASSWORD", PASSWORD))
        await private_rabbitmq.ctl(*words)
    found = Users(rights=rights, url=host.url)
    topology = RabbitMQBroker.from_url(found.url("topology"), name="topology")
    for _ in range(2):  # what is there already asks for the same rights
        await topology.declare(SUBSCRIPTIONS)
        await topology.mark("some-svc.mark")
    await topology.stop()
    yield found
    await host.delete()


@pytest.fixture
async def brokers(users: Users) -> AsyncIterator[dict[str, RabbitMQBroker]]:
    """A client of each service, by the service's name."""
    found = {
        service.name: RabbitMQBroker(
            url=users.url(service.name), name=service.name, publish_timeout=3
        )
        for service in SERVICES
    }
    for broker in found.values():
        await broker.start()
    yield found
    for broker in found.values():
        await broker.stop()


async def test_a_service_finds_its_topology_and_counts_what_waits_for_anybody(
    brokers: dict[str, RabbitMQBroker],
) -> None:
    for service in SERVICES:
        broker = brokers[service.name]
        await broker.check()
        assert await broker.missing(service.subscriptions) == []
        assert await broker.is_marked("some-svc.mark")
        assert not await broker.is_marked("some-svc.other")
        for subscription in SUBSCRIPTIONS:
            assert await broker.waiting(subscription.name, up_to=1) in {0, 1}


async def test_every_event_is_published_by_one_service_and_by_no_other(
    users: Users, brokers: dict[str, RabbitMQBroker]
) -> None:
    for event_type in EventType:
        takers = {
            name
            for name, broker in brokers.items()
            if list(await broker.publish([message(event_type)])) == [Accepted()]
        }
        assert takers == {name for name in PUBLISHERS if event_type in users.types(name)}
        assert len(takers) == 1, event_type


async def test_what_is_for_one_subscription_comes_from_itself_or_as_a_replay(
    brokers: dict[str, RabbitMQBroker],
) -> None:
    for name, broker in brokers.items():
        for subscription in SUBSCRIPTIONS:
            [outcome] = await broker.publish([message()], only=subscription.name)
            may = name in {"notifier-svc", subscription.name}
            assert (outcome == Accepted()) is may, (name, subscription.name)
    assert list(await brokers["notifier-svc"].publish([message()], only="nobody")) == [Unroutable()]


async def test_a_consumer_tries_again_and_parks_what_crashed_it(
    users: Users, brokers: dict[str, RabbitMQBroker]
) -> None:
    for subscription in SUBSCRIPTIONS:
        broker, parking = brokers[subscription.name], ParkingList()
        recorder = Recorder(lambda delivery: Retry(0.1) if delivery.attempt == 1 else Ack())
        await broker.subscribe(subscription, recorder, parking=parking)
        again, crashed = message(), message()
        assert list(await broker.publish([again], only=subscription.name)) == [Accepted()]
        await _dead_letter(users, subscription, crashed)
        await eventually(partial(_is_finished, recorder, again), within=30)
        attempts = [
            each.delivery.attempt
            for each in recorder.received
            if each.delivery.message.id == again.id
        ]
        assert attempts == [1, 2]
        await eventually(partial(_is_parked, parking, crashed), within=30)


async def test_nobody_but_topology_changes_what_there_is(
    brokers: dict[str, RabbitMQBroker], users: Users
) -> None:
    for name, broker in brokers.items():
        with pytest.raises(BrokerError, match="refused to change"):
            await broker.mark(f"{name}.mark")
        with pytest.raises(BrokerError, match="refused to change"):
            await broker.declare([Subscription(name="spy", types=("lead_updated",))])
        await _is_denied(users, name, lambda channel: channel.queue_delete("leadwire.stream-svc"))
        await _is_denied(users, name, lambda channel: channel.exchange_delete("leadwire.events"))
        await _is_denied(users, name, lambda channel: channel.declare_queue("spy", exclusive=True))


async def test_another_team_takes_events_but_not_what_is_for_others(users: Users) -> None:
    async with await aio_pika.connect(users.url("billing")) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("billing.leads", exclusive=True)
        await queue.bind("leadwire.events", routing_key="#")
        await queue.bind("leadwire.directed", routing_key="billing.leads")
        for key in ("#", "*", "stream-svc"):
            await _is_denied(users, "billing", _bind(queue.name, "leadwire.directed", key))
    for exchange, key in (("events", "lead_updated"), ("directed", "stream-svc")):
        await _is_denied(users, "billing", _publish(f"leadwire.{exchange}", key))


async def test_nobody_reads_empties_or_fills_the_queue_of_another(users: Users) -> None:
    for service in SERVICES:
        own = f"leadwire.{service.name}"
        for name in QUEUES:
            if name not in {own, f"{own}.dead"}:
                await _is_denied(users, service.name, _get(name))
                await _is_denied(users, service.name, _consume(name))
                await _is_denied(users, service.name, _purge(name))
            # Also not its own, beside the exchanges that lead to it.
            await _is_denied(users, service.name, _fill(name))


def _is_finished(recorder: Recorder, each: Message) -> bool:
    return each.id in recorder.finished


def _is_parked(parking: ParkingList, each: Message) -> bool:
    return each.id in {message_id for _, message_id in parking.parked}


async def _dead_letter(users: Users, subscription: Subscription, each: Message) -> None:
    """Lay a message where the broker lays what crashed consumers too often."""
    async with await aio_pika.connect(users.url("topology")) as connection:
        channel = await connection.channel()
        await channel.default_exchange.publish(
            aio_pika.Message(each.body, message_id=each.id, type=each.type),
            routing_key=f"leadwire.{subscription.name}.dead",
        )


def _get(queue: str) -> Tried:
    return lambda channel: _underlay(channel, "basic_get", queue)


def _consume(queue: str) -> Tried:
    return lambda channel: _underlay(channel, "basic_consume", queue, _ignore)


def _purge(queue: str) -> Tried:
    return lambda channel: _underlay(channel, "queue_purge", queue)


def _fill(queue: str) -> Tried:
    return _publish("", queue)


def _publish(exchange: str, key: str) -> Tried:
    return lambda channel: _underlay(
        channel, "basic_publish", b"", exchange=exchange, routing_key=key
    )


def _bind(queue: str, exchange: str, key: str) -> Tried:
    return lambda channel: _underlay(channel, "queue_bind", queue, exchange, routing_key=key)


async def _underlay(
    channel: AbstractChannel, method: str, *arguments: object, **named: object
) -> object:
    underlay = await channel.get_underlay_channel()
    return await getattr(underlay, method)(*arguments, **named)


async def _ignore(_: object) -> None:
    pass


async def _is_denied(users: Users, user: str, tried: Tried) -> None:
    async with await aio_pika.connect(users.url(user)) as connection:
        channel = await connection.channel()
        with pytest.raises(ChannelAccessRefused):
            await tried(channel)
