"""`leadwire doctor`: what it finds wrong with deployments in which something is."""

import asyncio
import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from command_line import begun, leadwire
from middleman import Answer, Middleman

from leadwire.testing import eventually
from leadwire_client.testing import FakeLeadwire

HEARTBEAT = 1.0
GATEWAY_SAYS = Answer(status=502, body=b"<h1>Bad Gateway</h1>")
STATUS: dict[str, Any] = {
    "service": "manager-svc",
    "version": "1.2.3",
    "at": "2026-01-31T09:00:00Z",
    "outbox": {"pending": 0, "oldest_pending_seconds": 0, "parked": 0},
    "subscriptions": [{"name": "manager-svc", "waiting": 0, "parked": 0}],
    "missing": [],
}


@pytest.fixture
def healthy() -> Iterator[FakeLeadwire]:
    with FakeLeadwire(heartbeat=HEARTBEAT) as started:
        yield started


def found(url: str, *arguments: str, **environment: str) -> tuple[int, list[dict[str, Any]]]:
    """Give the exit code, and what is wrong or worth a warning.

    That something is slow is left out: the machine that runs the tests may be.
    """
    done = leadwire(url, "doctor", "--json", *arguments, **environment)
    assert done.stderr == ""
    findings = [json.loads(line) for line in done.stdout.splitlines()]
    bad = [each for each in findings if each["level"] in {"warning", "error"}]
    return done.returncode, [each for each in bad if not each["told"].startswith("it took")]


def the_only(findings: list[dict[str, Any]]) -> tuple[str, str, str]:
    [finding] = findings
    assert finding["todo"], "it says what to do"
    return finding["check"], finding["level"], finding["told"]


def test_nothing_is_wrong_with_a_healthy_one(healthy: FakeLeadwire) -> None:
    done = leadwire(healthy, "doctor")
    assert (done.returncode, done.stderr) == (0, "")
    assert "it gives a sign of life" in done.stdout
    assert "ERROR" not in done.stdout
    assert {each.method for each in healthy.requests} == {"GET"}, "nothing is changed"


def test_what_is_between_may_be_there_as_long_as_it_hands_on(healthy: FakeLeadwire) -> None:
    with Middleman(healthy.url) as between:
        assert found(between.url, "--write", "--patience", "10") == (0, [])


def test_a_lead_of_its_own_goes_through_and_leaves_nothing(healthy: FakeLeadwire) -> None:
    healthy.add_manager("Anna")
    assert found(healthy.url, "--quick", "--write") == (0, [])
    assert healthy.leads == []
    assert [each.path for each in healthy.requests if each.method == "POST"] == ["/v1/imports"]


def test_a_lead_that_a_killed_run_left_behind_is_erased(healthy: FakeLeadwire) -> None:
    old = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    kept = [
        healthy.add_lead(name="A", family_name="B", email=email, created_at=created)
        for email, created in (
            ("leadwire-doctor@example.com", old),
            ("leadwire-doctor@0123456789abcdef.example.com", datetime.now(UTC).isoformat()),
        )
    ]
    left = "leadwire-doctor@fedcba9876543210.example.com"
    healthy.add_lead(name="A", family_name="B", email=left, created_at=old)
    assert found(healthy.url, "--quick", "--write") == (0, [])
    assert [each.id for each in healthy.leads] == [each.id for each in kept]


def test_a_lead_is_erased_although_no_stream_tells_of_it(healthy: FakeLeadwire) -> None:
    with Middleman(healthy.url, silent_after=b"mark") as between:
        code, findings = found(between.url, "--quick", "--write", "--patience", "3")
    assert code == 1
    assert "did not come into the stream" in findings[0]["told"]
    assert [each.method for each in healthy.requests].count("DELETE") == 1
    assert healthy.leads == []


@pytest.mark.parametrize("waits_for", [{"silent_after": b"mark"}, {"keeps": "/v1/imports"}])
async def test_a_lead_is_erased_although_somebody_has_no_patience(
    healthy: FakeLeadwire, waits_for: dict[str, Any]
) -> None:
    with Middleman(healthy.url, **waits_for) as between:
        process = await begun(
            *(between.url, "doctor", "--quick", "--write"),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        await eventually(lambda: len(healthy.leads) == 1, within=60)
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(60):
            _, errors = await process.communicate()
    assert (process.returncode, errors) == (130, b"")
    assert healthy.leads == []


def test_a_lead_that_may_not_be_imported_is_told(healthy: FakeLeadwire) -> None:
    instead = {"/v1/imports": Answer.problem(403, "forbidden")}
    with Middleman(healthy.url, instead=instead) as between:
        code, findings = found(between.url, "--quick", "--write")
    assert (code, findings[-1]["check"]) == (1, "lead")
    assert "leave --write out" in findings[-1]["todo"]


@pytest.mark.parametrize(
    ("instead", "check", "told"),
    [
        ({"/v1/imports": GATEWAY_SAYS}, "import-svc", "it cannot answer now: 502"),
        ({"/v1/managers": Answer(status=404)}, "manager-svc", "leads nowhere"),
        (
            {"/v1/journal": Answer.problem(403, "forbidden")},
            "notifier-svc",
            "may not read the journal: 403 forbidden",
        ),
        (
            {"/v1/leads?limit": Answer.problem(503, "database_unavailable")},
            "stream-svc",
            "database_unavailable",
        ),
        ({"/v1/leads?limit": Answer.problem(500, "internal")}, "stream-svc", "500 internal"),
        (
            {"/v1/ops/manager-svc": Answer.of({**STATUS, "missing": None})},
            "manager-svc events",
            "the broker does not answer",
        ),
        (
            {"/v1/ops/manager-svc": Answer.of({**STATUS, "missing": ["queue leads"]})},
            "manager-svc events",
            "the broker lacks queue leads",
        ),
        (
            {
                "/v1/ops/manager-svc": Answer.of(
                    {**STATUS, "outbox": {**STATUS["outbox"], "oldest_pending_seconds": 300}}
                )
            },
            "manager-svc events",
            "the oldest for 300 s",
        ),
        ({"/v1/leads/stream": GATEWAY_SAYS}, "stream", "it cannot be read: 502"),
        (
            {"/v1/leads/stream": Answer(status=200, kind="application/x-ndjson")},
            "stream",
            "does not begin with hello",
        ),
    ],
)
def test_what_is_wrong_is_found_where_it_is(
    healthy: FakeLeadwire, instead: dict[str, Answer], check: str, told: str
) -> None:
    with Middleman(healthy.url, instead=instead) as between:
        code, findings = found(between.url, "--quick")
    where, level, said = the_only(findings)
    assert (code, where, level) == (1, check, "error")
    assert told in said


def test_an_update_that_stopped_halfway_is_worth_a_warning(healthy: FakeLeadwire) -> None:
    instead = {"/v1/ops/manager-svc": Answer.of({**STATUS, "version": "1.3.0"})}
    with Middleman(healthy.url, instead=instead) as between:
        code, findings = found(between.url, "--quick")
    check, level, told = the_only(findings)
    assert (code, check, level) == (0, "versions", "warning")
    assert "import-svc 1.2.3, manager-svc 1.3.0" in told


def test_parked_events_are_found_with_the_command_that_shows_them(healthy: FakeLeadwire) -> None:
    healthy.park("manager-svc")
    code, findings = found(healthy.url, "--quick")
    assert (code, the_only(findings)[0]) == (1, "manager-svc events")
    assert "leadwire parked list manager-svc" in findings[0]["todo"]


@pytest.mark.parametrize("status", [403, 404])
def test_a_status_that_is_not_shown_is_no_fault(healthy: FakeLeadwire, status: int) -> None:
    with Middleman(healthy.url, instead={"/v1/ops": Answer.problem(status, "no")}) as between:
        assert found(between.url, "--quick") == (0, [])


def test_a_proxy_that_holds_the_stream_back_is_found(healthy: FakeLeadwire) -> None:
    with Middleman(healthy.url, holds_back=True) as between:
        code, findings = found(between.url)
    check, level, told = the_only(findings)
    assert (code, check, level) == (1, "stream", "error")
    assert "something on the way holds it back" in told
    assert "proxy_buffering" in findings[0]["todo"]


def test_a_stream_that_is_cut_is_found(healthy: FakeLeadwire) -> None:
    with Middleman(healthy.url, cuts_after=b"mark") as between:
        code, findings = found(between.url, "--quick")
    assert (code, the_only(findings)[2]) == (1, "it ends before its end")


def test_a_stream_without_signs_of_life_is_found() -> None:
    with (
        FakeLeadwire(heartbeat=HEARTBEAT) as fake,
        Middleman(fake.url, silent_after=b"synced") as between,
    ):
        code, findings = found(between.url)
    assert code == 1
    assert "it gave no sign of life" in the_only(findings)[2]


@pytest.mark.parametrize(("hours", "told"), [(2, "ahead of"), (-2, "behind")])
def test_a_clock_that_goes_wrong_is_worth_a_warning(
    healthy: FakeLeadwire, hours: int, told: str
) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(hours=hours), usegmt=True)
    with Middleman(healthy.url, date=date) as between:
        code, findings = found(between.url, "--quick")
    check, level, said = the_only(findings)
    assert (code, check, level) == (0, "clock", "warning")
    assert told in said


def test_credentials_that_are_missing_or_refused_are_told_apart_and_not_shown(
    healthy: FakeLeadwire,
) -> None:
    healthy.refuse_next(401, "unauthorized")
    code, findings = found(healthy.url)
    assert (code, "no credentials are given" in the_only(findings)[2]) == (1, True)
    healthy.refuse_next(401, "token_expired")
    code, findings = found(healthy.url, LEADWIRE_TOKEN="not to be shown")
    assert "the credentials (Bearer) are refused: token_expired" in the_only(findings)[2]
    assert "not to be shown" not in json.dumps(findings)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(status=404, body=b"<h1>Hello</h1>"), "not as Leadwire does: 404 text/html"),
        (Answer(status=200, body=b"<h1>Hello</h1>"), "not as Leadwire does: 200 text/html"),
        (Answer(status=301, location="https://leads.example.com"), "https://leads.example.com"),
    ],
)
def test_another_server_is_not_taken_for_a_leadwire(
    healthy: FakeLeadwire, answer: Answer, told: str
) -> None:
    with Middleman(healthy.url, instead={"/": answer}) as between:
        code, findings = found(between.url)
    assert (code, told in the_only(findings)[2]) == (1, True)


def test_nobody_at_home_has_an_exit_code_of_its_own(nowhere: str) -> None:
    code, findings = found(nowhere)
    assert (code, the_only(findings)[0]) == (4, "address")


def test_a_service_that_takes_long_is_worth_a_warning(healthy: FakeLeadwire) -> None:
    with Middleman(healthy.url, slow={"/v1/journal": 2.5}) as between:
        done = leadwire(between.url, "doctor", "--quick", "--json")
    findings = [json.loads(line) for line in done.stdout.splitlines()]
    [slow] = [each for each in findings if each["check"] == "notifier-svc"]
    assert (done.returncode, slow["level"]) == (0, "warning")
    assert slow["told"].startswith("it took ")
