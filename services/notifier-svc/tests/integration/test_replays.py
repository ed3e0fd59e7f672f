"""Events of the journal are sent once more to a subscription that asks for them."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from leadwire.broker import Delivery, Verdict
from leadwire.contracts import Envelope, LeadUpdated, Origin, read_envelope, to_message
from leadwire.db import Connection, Database
from leadwire.outbox import transactional_handler
from leadwire.testing import eventually
from leadwire_client.consumer.queues import Names

if TYPE_CHECKING:
    from conftest import Office, Subscribe


def names(count: int, prefix: str = "e") -> list[str]:
    return [f"{prefix}{number:03}" for number in range(count)]


@pytest.mark.parametrize("overrides", [{"replay_rate": 10_000}], ids=["fast"])
async def test_a_late_subscriber_gets_all_that_was_before_it_in_order_and_byte_for_byte(
    office: "Office", subscribe: "Subscribe"
) -> None:
    told = await office.tell(*names(230))
    reader = await subscribe()
    replay = await office.replayed(subscription="billing.leads")
    await eventually(lambda: len(reader.finished) == 230)
    assert reader.finished == await office.in_journal_order()
    sent = {message.id: message for message in told}
    for each in reader.received:
        assert each.delivery.message == sent[each.delivery.message.id]
    assert (replay["status"], replay["error"], replay["held_up_by"]) == ("completed", None, None)
    progress = replay["progress"]
    assert (progress["total"], progress["sent"], progress["skipped"]) == (230, 230, 0)
    assert progress["rate"] > 0
    assert replay["finished_at"] is not None
    last = (await office.journal(limit="1000"))[-1]
    assert progress["reached_at"] == last["received_at"]


async def test_live_events_interleave_and_each_has_one_effect(
    office: "Office", subscribe: "Subscribe"
) -> None:
    await office.tell(*names(120))
    reader = await subscribe("billing.leads", "told")
    started = await office.replay(subscription="billing.leads")
    await office.tell(*names(60, "live"))
    await office.replay_until(started, lambda seen: seen["status"] == "completed")
    wanted = {*names(120), *names(60, "live")}
    await eventually(lambda: wanted <= set(reader.finished))
    # What happened after the replay was asked for came live, and by that alone.
    assert len(reader.finished) == len(wanted)
    replayed = [name for name in reader.finished if name.startswith("e")]
    assert replayed == [name for name in await office.in_journal_order() if name in set(replayed)]


async def test_what_a_subscriber_has_already_comes_again_and_has_no_second_effect(
    office: "Office", database: Database, subscribe: "Subscribe"
) -> None:
    effects: list[str] = []
    deliveries: list[str] = []

    async def apply(_connection: Connection, envelope: Envelope) -> None:
        effects.append(envelope.id)

    once = transactional_handler(
        database=database, subscription="billing.leads", read=read_envelope, apply=apply
    )

    async def handle(delivery: Delivery) -> Verdict:
        verdict = await once(delivery)
        deliveries.append(delivery.message.id)
        return verdict

    await subscribe("billing.leads", "told", handler=handle)
    await office.tell(*names(20))
    started = await office.replay(subscription="billing.leads")
    await office.tell(*names(20, "live"))
    await office.replay_until(started, lambda seen: seen["status"] == "completed")
    expected = [*names(20), *names(20), *names(20, "live")]
    await eventually(lambda: sorted(deliveries) == sorted(expected))
    assert sorted(effects) == [*names(20), *names(20, "live")]


async def test_only_the_types_and_the_range_that_were_asked_for_are_sent(
    office: "Office", subscribe: "Subscribe"
) -> None:
    await office.tell("a", event_type="one")
    await office.tell("b", event_type="two")
    await office.tell("c", event_type="one")
    await office.tell("d", event_type="three")
    received = [item["received_at"] for item in await office.journal()]
    reader = await subscribe()
    to = {"subscription": "billing.leads"}
    await office.replayed(types=["two", "one"], to=received[3], **to)
    await office.replayed(types=["one"], **{"from": received[1], "to": received[3]}, **to)
    await office.replayed(**{"from": received[2]}, **to)
    await eventually(lambda: len(reader.finished) == 6)
    assert reader.finished == ["a", "b", "c", "c", "c", "d"]


async def test_nothing_of_an_erased_lead_is_sent_and_other_leads_are(
    office: "Office", subscribe: "Subscribe"
) -> None:
    gone, stays = office.contact(), office.contact()
    created = await office.create(gone, stays)
    await office.create(gone.model_copy(update={"rev": 2}), origin=Origin.API)
    await office.say(LeadUpdated(lead=gone), subject=gone.id)
    updated = await office.say(LeadUpdated(lead=stays), subject=stays.id)
    erased = await office.erase(gone.id)
    reader = await subscribe()
    replay = await office.replayed(subscription="billing.leads")
    await eventually(lambda: len(reader.finished) == 3)
    assert reader.finished == [str(each.id) for each in (created, updated, erased)]
    assert (replay["progress"]["sent"], replay["progress"]["skipped"]) == (3, 2)
    bodies = [each.delivery.message.body.decode() for each in reader.received]
    assert not any(gone.email in body for body in bodies)
    assert stays.email in bodies[0]
    assert bodies[1].encode() == to_message(updated).body


async def test_a_subscription_that_the_broker_does_not_know_fails_the_replay_with_its_reason(
    office: "Office",
) -> None:
    await office.tell("a")
    replay = await office.replayed(subscription="not-there")
    assert (replay["status"], replay["progress"]["sent"]) == ("failed", 0)
    assert replay["error"]["code"] == "subscription_unknown"
    assert "not-there" in replay["error"]["detail"]


@pytest.mark.parametrize(
    ("order", "where"),
    [
        ({}, ""),
        ({"subscription": "a", "webhook_id": str(UUID(int=7))}, ""),
        ({"subscription": "ada@example.org"}, "subscription"),
        ({"subscription": ""}, "subscription"),
        ({"subscription": "#"}, "subscription"),
        ({"subscription": "a", "types": ["ada@example.org"]}, "types.0"),
        ({"subscription": "a", "from": None}, "from"),
        ({"subscription": "a", "from": "2026-02-01T00:00:00"}, "from"),
        ({"subscription": "a", "from": 2026}, "from"),
        ({"subscription": "a", "to": "2025-12-31T00:00:00Z"}, ""),
        ({"subscription": "a", "until": "2026-02-01T00:00:00Z"}, "until"),
    ],
    ids=str,
)
async def test_an_order_that_makes_no_sense_is_refused_and_nothing_is_begun(
    office: "Office", order: dict[str, Any], where: str
) -> None:
    problem = await office.refused_replay(422, **order)
    assert problem["code"] == "invalid_request"
    assert problem["errors"][0]["path"] == where
    assert (await office.get("/v1/replays"))["items"] == []


async def test_a_type_that_is_mistyped_is_refused_with_those_that_there_are(
    office: "Office", subscribe: "Subscribe"
) -> None:
    await office.tell("a")
    await subscribe()
    asked = {"subscription": "billing.leads", "types": ["told", "lead_intersted_created"]}
    problem = await office.refused_replay(422, **asked)
    assert problem["code"] == "event_type_unknown"
    assert problem["unknown_types"] == ["lead_intersted_created"]
    assert "lead_interested_created" in problem["known_types"]
    assert (await office.get("/v1/replays"))["items"] == []
    # Another team's, and one of Leadwire's that has not happened yet.
    asked["types"] = ["told", "lead_interested_created"]
    assert (await office.replayed(**asked))["progress"]["sent"] == 1


@pytest.mark.parametrize("name", ["billing:leads", "_billing", "B" * 200])
async def test_a_queue_is_reached_by_any_name_that_the_consumer_kit_gives_it(
    office: "Office", subscribe: "Subscribe", name: str
) -> None:
    assert Names(name).queue == name
    await office.tell("told")
    reader = await subscribe(name)
    assert (await office.replayed(subscription=name))["status"] == "completed"
    await eventually(lambda: reader.finished == ["told"])


async def test_a_webhook_that_is_not_there_is_refused(office: "Office") -> None:
    problem = await office.refused_replay(404, webhook_id=str(uuid4()))
    assert problem["code"] == "webhook_not_found"


@pytest.mark.parametrize("overrides", [{"replay_max_backlog": 5, "replay_max_running": 2}])
async def test_a_replay_waits_for_its_reader_and_no_more_are_begun_than_may(
    office: "Office", subscribe: "Subscribe"
) -> None:
    await office.tell(*names(12))
    await subscribe(reads=False)
    held = await office.replay(subscription="billing.leads")
    seen = await office.replay_until(held, lambda seen: seen["held_up_by"])
    assert (seen["held_up_by"], seen["progress"]["sent"]) == ("backlog", 5)
    assert seen["progress"]["total"] == 12
    assert seen["progress"]["seconds_left"] > 0

    # One that waits holds up no other one.
    prompt = await subscribe("prompt")
    await office.replayed(subscription="prompt")
    await eventually(lambda: sorted(prompt.finished) == names(12))

    other = await office.replay(subscription="billing.leads")
    problem = await office.refused_replay(409, subscription="prompt")
    assert problem["code"] == "too_many_replays"
    assert problem["replay_ids"] == [held["id"], other["id"]]
    await office.post(f"/v1/replays/{other['id']}/cancel")

    reader = await subscribe()
    ended = await office.replay_until(held, lambda seen: seen["status"] == "completed")
    assert (ended["held_up_by"], ended["progress"]["sent"]) == (None, 12)
    await eventually(lambda: len(reader.finished) == 12)
    assert reader.finished == prompt.finished == await office.in_journal_order()


@pytest.mark.parametrize("overrides", [{"replay_max_backlog": 5}], ids=["brakes"])
async def test_a_replay_is_cancelled_listed_and_not_cancelled_once_it_has_ended(
    office: "Office", subscribe: "Subscribe"
) -> None:
    await office.tell(*names(12))
    reader = await subscribe("prompt")
    await office.replayed(subscription="prompt")
    await subscribe(reads=False)
    held = await office.replay(subscription="billing.leads")
    await office.replay_until(held, lambda seen: seen["held_up_by"])
    path = f"/v1/replays/{held['id']}"
    cancelled = await office.post(f"{path}/cancel")
    assert (cancelled["status"], cancelled["progress"]["sent"]) == ("cancelled", 5)
    assert (await office.post(f"{path}/cancel"))["finished_at"] == cancelled["finished_at"]
    assert cancelled["progress"]["seconds_left"] is None

    [newest, oldest] = (await office.get("/v1/replays"))["items"]
    assert (newest["id"], oldest["status"]) == (held["id"], "completed")
    assert (await office.get("/v1/replays", {"status": "completed"}))["items"] == [oldest]
    problem = await office.post(f"/v1/replays/{oldest['id']}/cancel", status=409)
    assert (problem["code"], problem["replay_status"]) == ("replay_ended", "completed")
    for method, there in (
        ("GET", f"/v1/replays/{uuid4()}"),
        ("POST", f"/v1/replays/{uuid4()}/cancel"),
    ):
        async with office.client.request(method, there) as response:
            assert response.status == 404
    await eventually(lambda: sorted(reader.finished) == names(12))


async def test_a_request_that_comes_again_with_its_key_begins_nothing(
    office: "Office", subscribe: "Subscribe"
) -> None:
    await subscribe()
    path, key = "/v1/replays", "for ada@example.org"
    order = {"from": "2026-01-01T00:00:00Z", "subscription": "billing.leads"}
    answers = []
    for _ in range(2):
        async with office.client.post(
            path, json=order, headers={"Idempotency-Key": key}
        ) as response:
            repeated = response.headers.get("Idempotent-Replayed")
            answers.append((await response.json())["id"])
            assert response.headers["Location"] == f"/v1/replays/{answers[0]}"
    assert (answers[0], repeated) == (answers[1], "true")
    async with office.client.post(
        path, json=order | {"types": ["a"]}, headers={"Idempotency-Key": key}
    ) as response:
        assert response.status == 422
        assert (await response.json())["code"] == "idempotency_key_reused"
    assert await office.value("SELECT count(*) FROM replays") == 1
    assert "ada" not in await office.value("SELECT row_to_json(replays)::text FROM replays")


async def test_a_moment_that_is_yet_to_come_is_now_and_a_day_is_its_beginning(
    office: "Office", subscribe: "Subscribe"
) -> None:
    await office.tell("a")
    await subscribe()
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    order = {"from": "2026-02-01", "to": tomorrow.isoformat()}
    replay = await office.replayed(subscription="billing.leads", **order)
    assert (replay["status"], replay["to"], replay["progress"]["sent"]) == ("completed", None, 1)
    assert replay["from"] == "2026-02-01T00:00:00Z"
    problem = await office.refused_replay(422, subscription="a", **{"from": "yesterday"})
    assert "2026-01-31T09:00:00Z, or a day" in problem["errors"][0]["message"]


async def test_a_replay_is_forgotten_some_time_after_its_end(
    office: "Office", subscribe: "Subscribe"
) -> None:
    await subscribe()
    replays = [await office.replayed(subscription="billing.leads") for _ in range(2)]
    age = "UPDATE replays SET finished_at = now() - make_interval(days => 31) WHERE id = $1"
    await office.execute(age, replays[0]["id"])
    await office.keep_house()
    assert [each["id"] for each in (await office.get("/v1/replays"))["items"]] == [replays[1]["id"]]
