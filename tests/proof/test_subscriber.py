"""What a subscriber does wrong is found: a real one on RabbitMQ, made to lose, repeat and believe.

The judge sees its store through the same eyes as in a run.
"""

import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

import aio_pika

from chaos.evidence import Committed, Evidence
from chaos.judge import Wrong, judge
from chaos.ledger import Notes
from chaos.subscribers import EventKey, SubscriberProcess
from leadwire.testing import eventually

SOURCE = "leadwire/manager-svc"
EVENTS = 40
LEAD = "lead-1"


async def test_an_honest_subscriber_is_found_in_order(rabbitmq_vhost: str, tmp_path: Path) -> None:
    assert await wrongs(rabbitmq_vhost, tmp_path, "--slow=0.002") == Counter()


async def test_one_that_crashes_before_its_acknowledgements_is_found_in_order(
    rabbitmq_vhost: str, tmp_path: Path
) -> None:
    assert await wrongs(rabbitmq_vhost, tmp_path, "--crashes=15") == Counter()


async def test_one_that_loses_events_is_found_out(rabbitmq_vhost: str, tmp_path: Path) -> None:
    assert await wrongs(rabbitmq_vhost, tmp_path, "--loses=12") == {Wrong.LOST: EVENTS // 12}


async def test_one_that_repeats_effects_is_found_out(rabbitmq_vhost: str, tmp_path: Path) -> None:
    repeated = {Wrong.DUPLICATE: EVENTS // 13}
    assert await wrongs(rabbitmq_vhost, tmp_path, "--repeats=13") == repeated


async def test_one_that_believes_old_news_is_found_out(rabbitmq_vhost: str, tmp_path: Path) -> None:
    """The last event but one comes last: it is behind the newest."""
    found = await wrongs(rabbitmq_vhost, tmp_path, "--believes-old-news")
    assert found == {Wrong.OLD_NEWS: 1, Wrong.DISAGREEMENT: 1}


async def wrongs(url: str, directory: Path, *vices: str) -> Counter[Wrong]:
    """Let a subscriber with these vices receive events, and judge what it has."""
    events = _events()
    committed = {key: _committed(body) for key, body in events.items()}
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        for name in ("events", "directed"):
            await channel.declare_exchange(f"leadwire.{name}", "topic", durable=True)
        subscriber = SubscriberProcess(name="tried", vices=vices, url=url, directory=directory)
        await subscriber.start()
        try:
            await _publish(channel, events.values())
            last = list(committed)[-1]
            await eventually(lambda: last in subscriber.received().first_at, within=60)
            received = subscriber.received()
        finally:
            await subscriber.stop()
    findings = judge(
        Evidence(
            notes=Notes(),
            committed=committed,
            journaled=Counter(list(committed)),
            received={"tried": received},
            owned={LEAD: (owned := {"contact_rev": 0, "work_rev": EVENTS})},
            projected={LEAD: owned},
        )
    )
    return Counter(finding.kind for finding in findings)


def _committed(body: bytes) -> Committed:
    return Committed(
        type="lead_assigned",
        facts=frozenset(),
        hashes=frozenset([sha256(body).digest()]),
        added_at=time.time(),
        removed_at=time.time(),
        withdrawn=False,
    )


def _events() -> Mapping[EventKey, bytes]:
    """Return bodies of events with rising revs, the last two in the wrong order."""
    revs = [*range(1, EVENTS - 1), EVENTS, EVENTS - 1]
    return {(SOURCE, f"event-{number}"): _body(number, rev) for number, rev in enumerate(revs, 1)}


def _body(number: int, rev: int) -> bytes:
    event = {
        "source": SOURCE,
        "id": f"event-{number}",
        "type": "lead_assigned",
        "data": {"lead": {"id": LEAD, "rev": rev}},
    }
    return json.dumps(event).encode()


async def _publish(channel: aio_pika.abc.AbstractChannel, bodies: Iterable[bytes]) -> None:
    exchange = await channel.get_exchange("leadwire.events")
    for body in bodies:
        await exchange.publish(aio_pika.Message(body), routing_key="lead_assigned")
