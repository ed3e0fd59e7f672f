"""`leadwire leads`, `leadwire managers` and `leadwire mark`, as they are run."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import ENDED_WITHIN, leadwire

from leadwire_client.testing import FakeLeadwire

NAMES = ("Ada", "Barbara", "Frances")


@pytest.fixture
def staffed(fake: FakeLeadwire) -> FakeLeadwire:
    """Three leads, of which Grace holds the first."""
    for name in NAMES:
        fake.add_lead(name=name, family_name="L", email=f"{name.lower()}@example.com")
    fake.add_manager("Grace")
    return fake


def test_leads_are_listed_searched_sorted_and_counted(staffed: FakeLeadwire) -> None:
    done = leadwire(staffed, "leads", "--sort=-name")
    assert (done.returncode, done.stderr) == (0, "")
    listed = done.stdout.splitlines()
    assert [each.split()[-1] for each in listed] == [
        "frances@example.com",
        "barbara@example.com",
        "ada@example.com",
    ]
    assert "Grace" in listed[-1]
    found = leadwire(staffed, "leads", "--search", "bar", "--json")
    assert json.loads(found.stdout)["name"] == "Barbara"
    assert leadwire(staffed, "leads", "--waiting", "--limit", "1").stdout.count("\n") == 1
    counted = leadwire(staffed, "leads", "--count", "--assigned")
    assert counted.stdout.splitlines()[-1].split() == ["in", "all", "1"]
    as_json = json.loads(leadwire(staffed, "leads", "--count", "--json").stdout)
    assert (as_json["total"], as_json["by_status"]["pending"]) == (3, 3)


def test_moments_may_be_local(staffed: FakeLeadwire) -> None:
    listed = leadwire(staffed, "leads", "--created-before", "2026-01-31", TZ="Asia/Tokyo")
    assert (listed.returncode, listed.stdout) == (0, "")
    assert staffed.requests[-1].query["created_before"] == "2026-01-31T00:00:00+09:00"
    leadwire(staffed, "leads", "--created-after", "2026-01-31T09:00Z")
    assert staffed.requests[-1].query["created_after"] == "2026-01-31T09:00:00+00:00"


def test_a_lead_is_shown_with_its_history_and_why_it_went_to_its_manager(
    staffed: FakeLeadwire,
) -> None:
    staffed.change_lead(staffed.leads[0].id, attributes={"town\x1b[2J": "Lon\ndon"})
    lead_id = str(staffed.leads[0].id)
    done = leadwire(staffed, "leads", lead_id)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Ada L" in done.stdout
    assert "lead_assigned" in done.stdout
    assert "assigned to Grace by fake: oldest_first" in done.stdout
    assert "\x1b" not in done.stdout
    assert "Lon\ufffddon" in done.stdout
    told = json.loads(leadwire(staffed, "leads", lead_id, "--json").stdout)
    assert told["lead"]["id"] == lead_id
    assert told["history"][0]["event"] == "lead_assigned"
    assert told["assignment"]["manager"]["name"] == "Grace"


def test_a_lead_that_nobody_got_is_shown_without_a_reason(staffed: FakeLeadwire) -> None:
    done = leadwire(staffed, "leads", str(staffed.leads[2].id))
    assert done.returncode == 0
    assert "assigned to" not in done.stdout
    assert "history" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["leads", "some-id", "--search", "ada"], 2, "alone"),
        (["leads", "--limit", "0"], 2, "--limit"),
        (["leads", "--sort", "age"], 2, "invalid choice"),
        (["leads", "--created-after", "yesterday"], 2, "--created-after"),
        (["leads", "some-id"], 3, "404 lead_not_found"),
        (["mark", "some-id", "pending"], 2, "invalid choice"),
        (["mark", "some-id", "interested"], 3, "404 lead_not_found"),
        (["managers"], 2, "required: COMMAND"),
        (["managers", "pause", "Nobody"], 2, "no lead manager called Nobody"),
        (["managers", "next-lead", "Grace"], 3, "409 manager_full"),
        (["managers", "remove", "Grace"], 2, "--yes"),
        (["leads", "--token-file", "missing"], 2, "missing"),
        (["leads", "--token-file", "/dev/null"], 2, "empty"),
        (["leads", "--user", "ada"], 2, "go together"),
    ],
)
def test_what_cannot_be_done_says_why(
    staffed: FakeLeadwire, arguments: list[str], code: int, told: str
) -> None:
    done = leadwire(staffed, *arguments)
    assert done.returncode == code
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == "" or arguments[:2] == ["managers", "remove"]


def test_managers_are_added_paused_and_found_by_name(staffed: FakeLeadwire) -> None:
    added = leadwire(staffed, "managers", "add", "Ben", "--capacity", "2", "--email", "b@x.org")
    assert added.returncode == 0
    assert added.stdout.split()[1:] == ["busy", "2/2", "Ben"]
    for command, state in (("pause", "paused"), ("resume", "busy")):
        done = leadwire(staffed, "managers", command, "ben", "--json")
        assert json.loads(done.stdout)["state"] == state
    listed = leadwire(staffed, "managers", "list", "--search", "b", "--state", "busy")
    assert listed.stdout == added.stdout


def test_a_name_that_two_have_is_refused_unless_it_is_the_whole_of_one(
    staffed: FakeLeadwire,
) -> None:
    staffed.add_manager("Grace Hopper")
    assert json.loads(leadwire(staffed, "managers", "pause", "grace", "--json").stdout)["name"] == (
        "Grace"
    )
    staffed.add_manager("Grace Kelly")
    several = leadwire(staffed, "managers", "pause", "Grace ")
    assert (several.returncode, "say which" in several.stderr) == (2, True)


def test_the_next_lead_is_taken_for_a_manager(staffed: FakeLeadwire) -> None:
    idle = staffed.add_manager("Idle", capacity=2)
    staffed.mark_lead(idle.leads[0].id, "interested")
    lead = staffed.add_lead(name="Edsger", family_name="J", email="e@example.com")
    staffed.mark_lead(lead.id, "interested")
    none = leadwire(staffed, "managers", "next-lead", str(idle.id))
    assert (none.returncode, "no_lead_waiting" in none.stderr) == (3, True)


def test_a_removal_is_looked_at_done_and_taken_back(staffed: FakeLeadwire) -> None:
    looked = leadwire(staffed, "managers", "remove", "Grace", "--dry-run")
    assert looked.stdout.splitlines()[0] == "Grace holds 1 lead"
    assert "Ada L" in looked.stdout
    [grace] = json.loads(f"[{leadwire(staffed, 'managers', 'list', '--json').stdout}]")
    removed = leadwire(staffed, "managers", "remove", "Grace", "--yes")
    assert removed.returncode == 0
    assert f"`leadwire managers restore {grace['id']}`" in removed.stdout.splitlines()[-1]
    assert leadwire(staffed, "managers", "list").stdout == ""
    again = leadwire(staffed, "managers", "remove", grace["id"], "--yes")
    assert (again.returncode, again.stdout) == (0, "Grace was removed before\n")
    restored = leadwire(staffed, "managers", "restore", grace["id"])
    assert restored.stdout.split()[0] == grace["id"]


@pytest.mark.parametrize(("said", "code"), [("y\n", 0), ("\n", 2), ("no\n", 2)])
def test_who_is_there_is_asked_before_a_removal(
    staffed: FakeLeadwire, said: str, code: int
) -> None:
    terminal, end = pty.openpty()
    try:
        os.write(terminal, said.encode())
        done = subprocess.run(
            [sys.executable, "-m", "leadwire_client.command", "managers", "remove", "Grace"],
            env={"LEADWIRE_URL": staffed.url},
            stdin=end,
            capture_output=True,
            text=True,
            timeout=ENDED_WITHIN,
            check=False,
        )
    finally:
        os.close(terminal)
        os.close(end)
    assert (done.returncode, done.stderr) == (code, "remove? [y/N] ")
    assert (leadwire(staffed, "managers", "list").stdout == "") is (code == 0)


def test_a_lead_is_marked_and_the_next_one_named(staffed: FakeLeadwire) -> None:
    lead_id = str(staffed.leads[0].id)
    stale = leadwire(staffed, "mark", lead_id, "interested", "--if-match", "work-9")
    assert (stale.returncode, "412 precondition_failed" in stale.stderr) == (3, True)
    marked = leadwire(staffed, "mark", lead_id, "interested", "--if-match", "work-1")
    assert marked.stdout.splitlines() == [
        f"Ada L ({lead_id}) is interested",
        f"next for Grace: Barbara L ({staffed.leads[1].id})",
    ]
    wordless = leadwire(staffed, "mark", lead_id, "not_interested")
    assert (wordless.returncode, "reason_required" in wordless.stderr) == (3, True)
    corrected = leadwire(
        staffed, "mark", lead_id, "not_interested", "--reason", "another Ada", "--json"
    )
    assert json.loads(corrected.stdout)["lead"]["status"] == "not_interested"
    assert "another Ada" in leadwire(staffed, "leads", lead_id).stdout


def test_secrets_may_be_in_files(staffed: FakeLeadwire, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not to be shown\n")
    leadwire(staffed, "leads", "--token-file", str(secret), LEADWIRE_API_KEY="another")
    assert staffed.requests[-1].headers["authorization"] == "Bearer not to be shown"
    assert "x-api-key" not in staffed.requests[-1].headers
    leadwire(staffed, "leads", "--api-key-file", str(secret))
    assert staffed.requests[-1].headers["x-api-key"] == "not to be shown"
    leadwire(staffed, "leads", "--password-file", str(secret), LEADWIRE_USER="ada")
    assert staffed.requests[-1].headers["authorization"].startswith("Basic ")
    staffed.refuse_next(401, "unauthorized")
    refused = leadwire(staffed, "leads", "--token-file", str(secret))
    assert refused.returncode == 3
    assert "not to be shown" not in refused.stderr
