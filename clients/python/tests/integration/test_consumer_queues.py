"""What a consumer finds and makes on a real RabbitMQ, and how it comes back to it."""

import asyncio
import re
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import aio_pika
import aiormq
import pytest
from another_team import QUEUE, Team, depth, depth_is, publish

from leadwire.broker import ALL_TYPES, Accepted, Message, Subscription
from leadwire.broker.rabbitmq import RabbitMQBroker
from leadwire.testing import TcpProxy, eventually
from leadwire.testing.rabbitmq import RabbitMQServer, own_rabbitmq_server
from leadwire_client.consumer import ConsumerError, Limits, ParkedEvents, ParkError, RetryError
from leadwire_client.consumer._returns import Returns
from leadwire_client.events import write_event
from leadwire_client.testing import events

GUIDE = Path(__file__).parents[4] / "docs" / "guide" / "subscribe.md"
RIGHTS = re.compile(r"set_permissions -p / billing '(\S+)' '(\S+)' '(\S+)'")


async def depth_is_between(url: str, queue: str, less: int, more: int) -> bool:
    return less < await depth(url, queue) < more


async def is_alarmed(server: RabbitMQServer) -> bool:
    return "memory" in await server.ctl("eval", "rabbit_alarm:get_alarms().")


async def delete(url: str, queue: str) -> None:
    async with await aio_pika.connect(url) as connection:
        await (await connection.channel()).queue_delete(queue)


async def test_a_queue_that_nobody_reads_never_has_leadwire_refused(
    leadwire: RabbitMQBroker, team: Team
) -> None:
    """What is too much for it is parked, oldest first, and what is too much there is dropped."""
    async with team.consumer(limits=Limits(max_bytes=20_000)):
        pass
    published = [events.lead_erased() for _ in range(300)]
    for start in range(0, 300, 50):
        await publish(leadwire, *published[start : start + 50])
    for queue in (QUEUE, f"{QUEUE}.parked"):
        await eventually(partial(depth_is_between, team.url, queue, 0, 100))
    async with team.consumer(limits=Limits(max_bytes=20_000)):
        await eventually(lambda: team.notes[-1:] == [published[-1].id], within=30)
        await eventually(partial(depth_is, team.url, QUEUE, 0))


async def test_other_arguments_of_the_queue_are_an_error_at_the_start(
    leadwire: RabbitMQBroker, team: Team
) -> None:
    async with team.consumer():
        pass
    with pytest.raises(ConsumerError, match="never change"):
        await team.consumer(limits=Limits(unread=60)).run()


async def test_a_queue_that_takes_the_place_of_another_knows_what_that_one_handled(
    leadwire: RabbitMQBroker, team: Team
) -> None:
    new = {"queue": f"{QUEUE}-2", "subscription": QUEUE, "limits": Limits(unread=60)}
    async with team.consumer(), team.consumer(**new):
        both = [events.lead_erased() for _ in range(5)]
        await publish(leadwire, *both)
        await eventually(lambda: sum(team.counts.outcomes.values()) == 10)
    assert sorted(team.notes) == sorted(each.id for each in both)


async def test_a_refused_login_is_an_error_at_the_start(
    leadwire: RabbitMQBroker, team: Team
) -> None:
    url = urlsplit(team.url)
    wrong = url._replace(netloc=f"somebody:wrong@{url.netloc.rpartition('@')[2]}").geturl()
    with pytest.raises(ConsumerError) as refused:
        await team.consumer(url=wrong).run()
    assert "wrong" not in str(refused.value)


@pytest.mark.parametrize("queue", ["leadwire", "leadwire.billing", "amq.mine", "", "two words"])
def test_a_name_that_belongs_to_others_is_refused(queue: str, team: Team) -> None:
    with pytest.raises(ConsumerError):
        team.consumer(queue=queue)


async def test_it_waits_for_leadwire_to_be_set_up(vhost: str, team: Team) -> None:
    consumer = team.consumer()
    starting = asyncio.create_task(consumer.start())
    async with AsyncExitStack() as cleanup:
        cleanup.push_async_callback(consumer.stop)
        broker = RabbitMQBroker.from_url(vhost, name="leadwire")
        cleanup.push_async_callback(broker.stop)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await asyncio.shield(starting)
        await broker.declare([Subscription(name="notifier-svc", types=(ALL_TYPES,))])
        await starting
        event = events.lead_erased()
        await publish(broker, event)
        await eventually(lambda: team.has(event))


async def test_a_queue_that_is_deleted_is_made_again(
    leadwire: RabbitMQBroker, team: Team, caplog: pytest.LogCaptureFixture
) -> None:
    async with team.consumer():
        await delete(team.url, QUEUE)
        await eventually(lambda: "queue_was_deleted" in caplog.text)
        await eventually(lambda: team.counts.is_connected)
        event = events.lead_erased()
        await publish(leadwire, event)
        await eventually(lambda: team.has(event))


async def test_a_queue_that_went_while_the_service_was_down_is_told_of_and_a_new_one_is_not(
    leadwire: RabbitMQBroker, team: Team, caplog: pytest.LogCaptureFixture
) -> None:
    async with team.consumer():
        pass
    async with team.consumer():
        pass
    assert "queue_was_deleted" not in caplog.text
    await delete(team.url, QUEUE)  # as its expiry does, which only comes when nobody consumes
    async with team.consumer():
        assert caplog.text.count("queue_was_deleted") == 1


async def test_a_deleted_delay_queue_is_made_again(leadwire: RabbitMQBroker, team: Team) -> None:
    team.failures = [RetryError()]
    async with team.consumer():
        await delete(team.url, f"{QUEUE}.retry.100")
        event = events.lead_erased()
        await publish(leadwire, event)
        await eventually(lambda: team.has(event))


async def test_a_consumption_that_the_server_forgot_is_begun_again(
    leadwire: RabbitMQBroker, team: Team
) -> None:
    async with team.consumer(renew_after=0.3) as consumer:
        first = consumer._consumption._session
        await eventually(lambda: consumer._consumption._session is not first)
        event = events.lead_erased()
        await publish(leadwire, event)
        await eventually(lambda: team.has(event))


@pytest.mark.fault
async def test_a_connection_cut_while_events_are_handled_has_no_second_effect(
    leadwire: RabbitMQBroker, team: Team
) -> None:
    address = urlsplit(team.url)
    async with TcpProxy(address.hostname or "", address.port or 5672) as proxy:
        login = address.netloc.rpartition("@")[0]
        through = address._replace(netloc=f"{login}@{proxy.host}:{proxy.port}").geturl()
        async with team.consumer(url=through):
            published = [events.lead_erased() for _ in range(60)]
            for start in range(0, 60, 20):
                await publish(leadwire, *published[start : start + 20])
                await eventually(lambda: len(team.notes) > start)  # noqa: B023 - awaited here
                proxy.cut()
            await eventually(lambda: len(set(team.notes)) == 60, within=30)
            await eventually(partial(depth_is, team.url, QUEUE, 0), within=30)
        assert sorted(team.notes) == sorted(each.id for each in published)


@pytest.mark.fault
async def test_it_comes_back_after_the_server_was_restarted(tmp_path: Path) -> None:
    server = own_rabbitmq_server(tmp_path / "rabbitmq")
    async with AsyncExitStack() as cleanup:
        cleanup.push_async_callback(server.close)
        await server.start()
        leadwire = RabbitMQBroker.from_url(server.url, name="leadwire")
        cleanup.push_async_callback(leadwire.stop)
        await leadwire.declare([Subscription(name="notifier-svc", types=(ALL_TYPES,))])
        team = Team(server.url, tmp_path / "billing.db")
        cleanup.callback(team.store.close)
        kept, later = events.lead_erased(), events.lead_erased()
        team.gate.clear()
        await cleanup.enter_async_context(team.consumer())
        await publish(leadwire, kept)
        await eventually(lambda: len(team.seen) == 1)
        await server.restart()
        team.gate.set()
        await eventually(lambda: team.has(kept), within=60)

        async def is_published() -> bool:
            message = Message(id=later.id, type=later.type.value, body=write_event(later))
            return await leadwire.publish([message]) == [Accepted()]

        await eventually(is_published, within=30)
        await eventually(lambda: team.has(kept, later), within=30)


@pytest.mark.fault
async def test_a_retry_during_a_memory_alarm_waits_and_is_not_lost(
    leadwire: RabbitMQBroker, team: Team, private_rabbitmq: RabbitMQServer
) -> None:
    team.gate.clear()
    team.failures = [RetryError()]
    failing, fine = events.lead_erased(), events.lead_interested_created()
    async with team.consumer(prefetch=2):
        await publish(leadwire, failing)
        await eventually(lambda: len(team.seen) == 1)
        try:
            await private_rabbitmq.ctl("set_vm_memory_high_watermark", "0.0000001")
            await eventually(partial(is_alarmed, private_rabbitmq), within=60)
            team.gate.set()
            await eventually(lambda: team.counts.outcomes["lead_erased", "retried"] == 1)
        finally:
            await private_rabbitmq.ctl("set_vm_memory_high_watermark", "0.4")
        await eventually(lambda: team.has(failing), within=40)
        await publish(leadwire, fine)
        await eventually(lambda: team.has(failing, fine), within=40)


async def test_a_delivery_stays_until_another_queue_has_its_copy(
    leadwire: RabbitMQBroker, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> bool:
        return False

    monkeypatch.setattr(Returns, "send", refuse)
    team.failures = [RetryError()]
    async with team.consumer():
        await publish(leadwire, events.lead_erased())
        await eventually(lambda: team.counts.outcomes["lead_erased", "retried"] == 1)
    await eventually(partial(depth_is, team.url, QUEUE, 1))


async def test_the_rights_that_the_guide_names_are_enough_and_do_not_reach_leadwire(
    leadwire: RabbitMQBroker, team: Team, private_rabbitmq: RabbitMQServer
) -> None:
    url = urlsplit(team.url)
    vhost = url.path.strip("/")
    user = f"billing-{vhost}"
    await private_rabbitmq.ctl("add_user", user, "secret")
    try:
        await private_rabbitmq.ctl(
            *("set_permissions", "-p", vhost, user, *RIGHTS.findall(GUIDE.read_text())[0])
        )
        own = url._replace(netloc=f"{user}:secret@{url.netloc.rpartition('@')[2]}").geturl()
        team.failures = [RetryError(), ParkError("no")]
        event = events.lead_erased()
        async with team.consumer(url=own), ParkedEvents(own, queue=QUEUE) as parked:
            await publish(leadwire, event)
            await eventually(lambda: team.counts.outcomes["lead_erased", "parked"] == 1)
            assert await eventually(parked.requeue) == 1
            await eventually(lambda: team.has(event))
        async with await aio_pika.connect(own) as connection:
            channel = await connection.channel()
            with pytest.raises(aiormq.exceptions.ChannelAccessRefused):
                await channel.default_exchange.publish(
                    aio_pika.Message(b"forged"), routing_key="leadwire.notifier-svc"
                )
    finally:
        await private_rabbitmq.ctl("delete_user", user)
