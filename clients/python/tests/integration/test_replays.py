"""Replays by the client, and `leadwire replay`."""

import asyncio
import json
import signal
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from command_line import begun, leadwire

from leadwire.testing import eventually
from leadwire_client import AsyncClient, Client, NotFoundError, ProblemError
from leadwire_client.command.bar import line_of
from leadwire_client.testing import FakeLeadwire

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
TO_BILLING = ("--to-subscription", "billing.leads")


def test_a_replay_is_begun_watched_listed_and_not_cancelled_once_it_has_ended(
    fake: FakeLeadwire,
) -> None:
    seen: list[str] = []
    with Client(fake.url) as client:
        begun = client.start_replay(since=JANUARY, types=["told"], subscription="billing.leads")
        assert (begun.since, begun.until, begun.types) == (JANUARY, None, ("told",))
        ended = client.wait_for_replay(begun.id, progress=lambda now: seen.append(now.status))
        assert seen == ["running", "completed"]
        assert list(client.replays()) == list(client.replays(status="completed")) == [ended]
        assert list(client.replays(status="failed")) == []
        with pytest.raises(ProblemError, match="replay_ended"):
            client.cancel_replay(begun.id)
        with pytest.raises(NotFoundError):
            client.replay(uuid4())


async def test_a_replay_is_begun_once_whatever_becomes_of_the_answer(fake: FakeLeadwire) -> None:
    fake.hold_replays()
    async with AsyncClient(fake.url) as client:
        fake.refuse_next(503, "unavailable", retry_after=0)
        begun = await client.start_replay(since=JANUARY, webhook_id=uuid4())
        assert [each.id async for each in client.replays()] == [begun.id]
        first, second = [each.headers["idempotency-key"] for each in fake.requests[:2]]
        assert first == second
        with pytest.raises(TimeoutError):
            await client.wait_for_replay(begun.id, within=0.1)
        assert (await client.cancel_replay(begun.id)).status == "cancelled"


def test_the_command_waits_for_the_end_and_says_what_was_sent(fake: FakeLeadwire) -> None:
    done = leadwire(
        fake, "replay", "--from", "2026-01-01T00:00+00:00", "--to", "2026-01-02T00:00+00:00",
        "--type", "a", "--type", "b", *TO_BILLING,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("0 events sent again to billing.leads (replay ")
    [sent] = [json.loads(each.body) for each in fake.requests if each.method == "POST"]
    assert sent == {
        "from": "2026-01-01T00:00:00+00:00",
        "to": "2026-01-02T00:00:00+00:00",
        "types": ["a", "b"],
        "subscription": "billing.leads",
    }


def test_a_replay_in_the_background_is_watched_and_cancelled_by_its_id(fake: FakeLeadwire) -> None:
    fake.hold_replays()
    webhook = str(uuid4())
    begun = leadwire(
        fake, "replay", "--from", "2026-01-01", "--to-webhook", webhook, "--background", "--json"
    )
    told = json.loads(begun.stdout)
    assert (begun.returncode, told["status"], told["webhook_id"]) == (0, "running", webhook)
    cancelled = leadwire(fake, "replay", "--cancel", told["id"])
    assert (cancelled.returncode, cancelled.stderr) == (0, "")
    assert f"(replay {told['id']}, cancelled)" in cancelled.stdout
    watched = leadwire(fake, "replay", "--watch", told["id"])
    assert watched.returncode == 3


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--from", "2026-01-01"], "--to-subscription"),
        ([*TO_BILLING], "--from"),
        (["--from", "yesterday", *TO_BILLING], "give a day as 2026-01-31"),
        (["--from", "0001-01-01", *TO_BILLING], "give a day as 2026-01-31"),
        (["--from", "2026-01-01", *TO_BILLING, "--to-webhook", "x"], "not allowed with"),
        (["--cancel", "x", "--from", "2026-01-01"], "--from"),
    ],
)
def test_wrong_arguments_end_with_two_and_say_why(
    fake: FakeLeadwire, arguments: list[str], told: str
) -> None:
    done = leadwire(fake, "replay", *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert fake.requests == []


def test_a_refusal_ends_with_three(fake: FakeLeadwire) -> None:
    done = leadwire(fake, "replay", "--cancel", str(uuid4()))
    assert done.returncode == 3
    assert "not_found" in done.stderr


@pytest.mark.parametrize(
    ("flags", "status", "said"),
    [([], "running", "--cancel "), (["--cancel-on-interrupt"], "cancelled", "is cancelled")],
    ids=["goes on", "is cancelled"],
)
async def test_an_interruption_says_what_becomes_of_the_replay(
    fake: FakeLeadwire, flags: list[str], status: str, said: str
) -> None:
    fake.hold_replays()
    process = await begun(
        *(fake.url, "replay", "--from", "2026-01-01", *TO_BILLING, *flags),
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        await eventually(lambda: len(fake.requests) >= 2, within=30)
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(30):
            _, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    with Client(fake.url) as client:
        [replay] = client.replays()
    assert (process.returncode, replay.status) == (130, status)
    assert str(replay.id) in errors.decode()
    assert said in errors.decode()
    assert "Traceback" not in errors.decode()


def test_a_bar_counts_events() -> None:
    line = line_of("replaying", 50, 200, "10/s", amount=lambda count: f"{count} events")
    assert line == f"replaying [{'#' * 7}{'-' * 23}]  25% of 200 events 10/s"
