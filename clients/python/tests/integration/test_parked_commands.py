"""Parked events through both clients and through `leadwire parked`."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from leadwire_client import (
    AsyncClient,
    Client,
    ConflictError,
    NotFoundError,
    ParkedDecision,
    ParkedEvent,
    Requeued,
    ServiceStatus,
)
from leadwire_client.testing import FakeLeadwire

WithAsyncClient = Callable[[Callable[[AsyncClient], Any]], Any]
SERVICE = "manager-svc"


def parked(fake: FakeLeadwire | str, *arguments: str) -> subprocess.CompletedProcess[str]:
    url = fake if isinstance(fake, str) else fake.url
    return subprocess.run(
        [sys.executable, "-m", "leadwire_client.command", "parked", *arguments],
        env={"LEADWIRE_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_parked_events_are_listed_shown_requeued_and_discarded(
    fake: FakeLeadwire, client: Client
) -> None:
    first = fake.park(SERVICE, body='{"a": 1}')
    second = fake.park(SERVICE, type="told", place="outbox")
    listed = list(client.parked(SERVICE))
    assert [(each.id, each.body) for each in listed] == [(first.id, None), (second.id, None)]
    assert [each.id for each in client.parked(SERVICE, event_type="told")] == [second.id]
    assert client.parked_event(SERVICE, first.id).body == '{"a": 1}'
    assert client.service_status(SERVICE).outbox.parked == 1
    assert client.requeue_parked(SERVICE, first.id).decision == "requeued"
    client.discard_parked(SERVICE, second.id, reason="a test of theirs")
    with pytest.raises(ConflictError, match="already_decided"):
        client.discard_parked(SERVICE, first.id, reason="too late")
    with pytest.raises(NotFoundError):
        client.parked_event(SERVICE, first.id)
    assert [(each.decision, each.reason) for each in client.parked_decisions(SERVICE)] == [
        ("discarded", "a test of theirs"),
        ("requeued", None),
    ]


def test_a_service_that_is_none_is_refused_with_those_that_there_are(fake: FakeLeadwire) -> None:
    refused = parked(fake, "list", "bogus-svc")
    assert refused.returncode == 2
    assert "bogus-svc" in refused.stderr
    assert "import-svc, manager-svc, notifier-svc, stream-svc" in refused.stderr.replace("'", "")


def test_the_asyncio_client_does_the_same(
    fake: FakeLeadwire, with_async_client: WithAsyncClient
) -> None:
    first, second = fake.park(SERVICE), fake.park(SERVICE)

    async def do(
        client: AsyncClient,
    ) -> tuple[ParkedEvent, ServiceStatus, Requeued, list[ParkedDecision]]:
        shown = await client.parked_event(SERVICE, first.id)
        status = await client.service_status(SERVICE)
        await client.requeue_parked(SERVICE, first.id)
        done = await client.requeue_all_parked(SERVICE)
        return shown, status, done, [each async for each in client.parked_decisions(SERVICE)]

    shown, status, done, decisions = with_async_client(do)
    assert (shown, status.subscriptions[0].parked, done.requeued) == (first, 2, 1)
    assert [each.parked_id for each in decisions] == [second.id, first.id]


def test_all_are_requeued_batch_by_batch_although_a_batch_is_refused_for_now(
    fake: FakeLeadwire, client: Client
) -> None:
    for _ in range(1001):
        fake.park(SERVICE)
    fake.park(SERVICE, type="another")
    fake.refuse_next(503, "broker_unavailable")
    assert client.requeue_all_parked(SERVICE, event_type="lead_updated").requeued == 1001
    assert [each.type for each in client.parked(SERVICE)] == ["another"]


def test_the_command_lists_and_shows(fake: FakeLeadwire) -> None:
    event = fake.park(SERVICE, reason="\x1b[31mno", type="told", body='{"a": 1}')
    fake.park(SERVICE)
    done = parked(fake, "list", SERVICE, "--type", "told")
    assert (done.returncode, done.stderr) == (0, "")
    [line] = done.stdout.splitlines()
    assert event.id in line
    assert event.event_id in line
    assert "\x1b" not in line
    as_json = parked(fake, "list", SERVICE, "--json", "--place", "consumer")
    assert [json.loads(each)["type"] for each in as_json.stdout.splitlines()] == [
        "told",
        "lead_updated",
    ]
    shown = json.loads(parked(fake, "show", SERVICE, event.id).stdout)
    assert (shown["id"], shown["body"]) == (event.id, '{"a": 1}')


def test_the_command_requeues_and_discards_and_tells_what_was_done(fake: FakeLeadwire) -> None:
    events = [fake.park(SERVICE) for _ in range(5)]
    done = parked(fake, "requeue", SERVICE, events[0].id, events[1].id)
    assert (done.returncode, done.stdout) == (0, "requeued consumer-1\nrequeued consumer-2\n")
    done = parked(fake, "discard", SERVICE, events[2].id, "--reason", "a test of theirs")
    assert (done.returncode, done.stdout) == (0, "discarded consumer-3\n")
    done = parked(fake, "requeue", SERVICE, "--all", "--subscription", SERVICE)
    assert (done.returncode, done.stdout) == (0, "requeued 2\n")
    told = parked(fake, "decisions", SERVICE).stdout.splitlines()
    assert [line.split()[2] for line in told] == ["requeued"] * 2 + ["discarded"] + ["requeued"] * 2
    assert told[2].endswith("a test of theirs")
    assert parked(fake, "list", SERVICE).stdout == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["requeue", SERVICE], "--all"),
        (["requeue", SERVICE, "consumer-1", "--all"], "--all"),
        (["requeue", SERVICE, "consumer-1", "--type", "told"], "--all"),
        (["discard", SERVICE, "consumer-1"], "--reason"),
        (["list", SERVICE, "--place", "nowhere"], "invalid choice"),
        ([], "required: COMMAND"),
    ],
)
def test_wrong_arguments_end_with_two_and_ask_nothing(
    fake: FakeLeadwire, arguments: list[str], told: str
) -> None:
    done = parked(fake, *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert fake.requests == []


def test_what_is_not_there_ends_with_three(fake: FakeLeadwire) -> None:
    done = parked(fake, "requeue", SERVICE, "consumer-9")
    assert done.returncode == 3
    assert "parked_event_not_found" in done.stderr


@pytest.mark.parametrize(
    ("command", "done"),
    [(["requeue", SERVICE], "requeued"), (["discard", SERVICE, "--reason", "late"], "discarded")],
)
def test_one_of_several_that_is_not_there_keeps_none_back(
    fake: FakeLeadwire, command: list[str], done: str
) -> None:
    """As when another operator was faster, or the command is said again."""
    fake.park(SERVICE)
    fake.park(SERVICE)
    ended = parked(fake, *command, "consumer-1", "consumer-9", "consumer-2")
    first, refused, second = ended.stdout.splitlines()
    assert (ended.returncode, first, second) == (1, f"{done} consumer-1", f"{done} consumer-2")
    assert refused.startswith(f"not {done}: consumer-9: ")
    assert parked(fake, "list", SERVICE).stdout == ""
