"""The programs in the guides do what the guides say."""

import asyncio
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from types import MappingProxyType

import aio_pika
import pytest

from e2e.at_rest import IN_PLACE_OF_A_SECOND
from e2e.leads import as_csv, valid_rows
from e2e.office import Office
from e2e.other_team import Program, in_javascript, in_plain_python, program_of
from e2e.standalone import standalone
from e2e.system import System
from leadwire.broker import Accepted, Message, broker_from_url
from leadwire.db.embedded import free_port
from leadwire.testing import eventually

pytestmark = pytest.mark.timeout(300)  # each command starts an interpreter

GUIDES = Path(__file__).parents[3] / "docs" / "guide"
TUTORIAL = GUIDES.parent / "tutorial.md"
BASH_BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
FAILURES = ["row,name,codes", "3,Grete,cellphone_invalid"]
TEXT_BLOCK = re.compile(r"^```text\n(.*?)^```", re.MULTILINE | re.DOTALL)
PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_each_page_has_people_of_its_own() -> None:
    """Whoever goes from one page to the next would find that all of them exist already."""
    pages = [GUIDES.parents[1] / "README.md", TUTORIAL, *GUIDES.glob("*.md")]
    people = [
        (address, page.name)
        for page in pages
        for address in {
            each
            for block in BASH_BLOCK.findall(page.read_text())
            for each in re.findall(r"\w+@example\.com", block)
        }
    ]
    assert len(people) > len(pages)
    assert sorted(dict(people).items()) == sorted(people)


async def test_the_subscriber_of_the_guide_and_the_examples_keep_interested_leads_alone(
    system: System, broker_url: str, tmp_path: Path
) -> None:
    """Each with a queue of its own, killed once while it has nothing to do.

    What it cannot read, and types that it does not know, do no harm.
    """
    async with AsyncExitStack() as running:
        programs = [
            await running.enter_async_context(each)
            for each in (
                _of_the_guide(broker_url, tmp_path / "guide"),
                in_plain_python(broker_url, tmp_path / "plain"),
                in_javascript(broker_url, tmp_path / "js"),
            )
        ]

        async def all_have(customers: list[str]) -> None:
            for program in programs:
                await eventually(partial(_has, program, customers), within=30)

        office = Office(system=system)
        await office.hire("Ada")
        await system.import_leads(as_csv(valid_rows(6)), "text/csv", region="US")
        await office.decide(6)
        interested = sorted(office.ledger.marked("interested"))
        await all_have(interested)
        await system.mark(interested[0], "not_interested", reason="wrong lead")
        await all_have(interested[1:])
        for program in programs:
            await _replay(system, program.queue)
            await _replay(system, program.queue, types=["lead_interested_created"])  # old news
            await _send_no_event(broker_url, program.queue, about=interested[0])
        examples = programs[1:]  # of which one can see what is set aside
        for program in examples:
            await eventually(partial(_has_set_aside, program, ["unreadable"]), within=30)
            [reason] = program.column("SELECT reason FROM set_aside")
            assert reason.endswith("Error"), "and nothing of a person's"
        await all_have(interested[1:])
        for program in programs:
            await program.kill()
        await system.mark(interested[0], "interested", reason="it was the right one")
        for program in programs:
            await program.start()
        await all_have(interested)
        await system.delete("import_svc", f"/v1/leads/{interested[0]}")
        await all_have(interested[1:])
        await _delete_queues(broker_url, programs)
        await system.mark(interested[1], "not_interested", reason="wrong lead")
        await all_have(interested[2:])


async def _send_no_event(broker_url: str, queue: str, *, about: str) -> None:
    """Send a queue what is no event, though it names a lead."""
    broker = broker_from_url(broker_url, name="another team")
    await broker.start()
    body = f"no JSON about {about}".encode()
    unreadable = Message(id="unreadable", type="lead_interested_created", body=body)
    assert list(await broker.publish([unreadable], only=queue)) == [Accepted()]
    await broker.stop()


async def _replay(system: System, queue: str, *, types: Sequence[str] = ()) -> None:
    """Send a queue all events that there were, by default of whatever type."""
    order = {"from": "2026-01-01T00:00:00Z", "subscription": queue, "types": [*types]}
    replay = await system.post("notifier_svc", "/v1/replays", order)

    async def is_completed() -> bool:
        shown = await system.get("notifier_svc", f"/v1/replays/{replay['id']}")
        return bool(shown["status"] == "completed")

    await eventually(is_completed, within=30)


async def _delete_queues(broker_url: str, programs: Sequence[Program]) -> None:
    """Delete them while they are read, and wait until they are read again."""
    async with await aio_pika.connect(broker_url) as connection:
        channel = await connection.channel()
        for program in programs:
            await channel.queue_delete(program.queue)
    for program in programs:
        await eventually(program.is_subscribed, within=30, message=program.queue)


def _of_the_guide(broker_url: str, directory: Path) -> Program:
    [program] = PYTHON_BLOCK.findall((GUIDES / "subscribe.md").read_text())
    return program_of(program, "guide", [sys.executable], broker_url, directory)


def _has(program: Program, customers: list[str]) -> bool:
    return program.column("SELECT lead_id FROM customers WHERE email IS NOT NULL") == customers


def _has_set_aside(program: Program, events: list[str]) -> bool:
    return program.column("SELECT event_id FROM set_aside") == events


async def test_the_tutorial_prints_what_it_says(standalone_address: str, tmp_path: Path) -> None:
    address, port = f"http://{standalone_address}", str(free_port())
    output = await _run_guide("../tutorial.md", address, cwd=tmp_path, also={"8099": port})
    said = TEXT_BLOCK.findall(TUTORIAL.read_text())
    assert _without_ids_and_times(output) == _without_ids_and_times("".join(said))
    assert {path.name for path in tmp_path.iterdir()} <= {"d", "standalone.log"}


def _without_ids_and_times(text: str) -> list[str]:
    return re.sub(rf"{UUID}|[0-9-]{{10}} [0-9:]{{8}}", "...", text).splitlines()


async def test_the_form_of_the_guide_takes_a_lead_with_a_resume(
    shared_address: str, tmp_path: Path
) -> None:
    output = await _run_guide("form.md", f"http://{shared_address}", cwd=tmp_path)
    assert output == "Ada Lovelace\nAnalyst, 1842 until now\n"


async def test_the_reader_of_the_guide_holds_what_there_is_and_hears_what_changes(
    shared_address: str, tmp_path: Path
) -> None:
    output = await _run_guide("read.md", f"http://{shared_address}", cwd=tmp_path)
    assert output.splitlines() == ["Mary", "contact-1", "Mary", "2", "True", "erased"]


async def test_the_managers_of_the_guide_get_leads_and_give_them_back(
    standalone_address: str, tmp_path: Path
) -> None:
    output = await _run_guide("managers.md", f"http://{standalone_address}", cwd=tmp_path)
    assert output.splitlines() == [
        "Anna",
        *("Ada: Anna", "Grace: Anna", "Edsger: Ben"),
        *("None", "Grace"),
        *("reached_out", "interested", "not_interested"),
        "lead_assigned Anna oldest_first None",
        "lead_reached_out Anna None None",
        "lead_interested_created Anna None None",
        "lead_not_interested_created Anna None it was another Ada",
        *("paused", "None", "free", "Anna", "removed", "free"),
        "no_lead_waiting",
    ]


async def test_the_replay_of_the_guide_sends_what_was_before(
    standalone_address: str, tmp_path: Path
) -> None:
    output = await _run_guide("replay.md", f"http://{standalone_address}", cwd=tmp_path)
    assert output == "1\n"


async def test_the_endpoint_of_the_guide_gets_signed_events(
    standalone_address: str, tmp_path: Path
) -> None:
    [program] = PYTHON_BLOCK.findall((GUIDES / "webhooks.md").read_text())
    port = str(free_port())
    (tmp_path / "receiver.py").write_text(program.replace("8099", port))
    address = f"http://{standalone_address}"
    output = await _run_guide("webhooks.md", address, cwd=tmp_path, also={"8099": port})
    assert output == "webhook_test\nleads_created\n"


async def test_the_import_of_the_guide_is_mended_and_sent_again(
    shared_address: str, tmp_path: Path
) -> None:
    output = await _run_guide("import.md", f"http://{shared_address}", cwd=tmp_path)
    assert output.splitlines() == [
        "would be leads: 1",
        "leads: 1 failures: 2",
        "mended: 2 failures: 0",
        "completed",
        "import_ended",
    ]


async def test_the_command_line_of_the_guide_works_as_printed(
    standalone_address: str, tmp_path: Path
) -> None:
    output = await _run_guide("command-line.md", f"http://{standalone_address}", cwd=tmp_path)
    said = [re.sub(rf"{UUID}|[0-9-]{{10}} [0-9:]{{8}}", "", line) for line in output.splitlines()]
    assert said[:3] == ["2 of 3 rows imported, 1 failed (import , completed)", *FAILURES]
    told = "\n".join(" ".join(line.split()) for line in said)
    for line in (
        "pending Ada Hedy Kiesler hedy@example.com",
        "Hedy Kiesler () is interested",
        "Hedy Kiesler () is not_interested",
        "lead_not_interested_created Ada by anonymous: another Hedy",
        "assigned to Ada by matcher: oldest_first",
        "in all 2",
        "paused 1/2 Grace",
        "Grace holds 1 lead",
        "Alan Kay () would go to Ada",
        "removed; `leadwire managers restore ",
        "= not_interested - Hedy Kiesler hedy@example.com",
        "ok stream a stream that has an end comes complete",
    ):
        assert line in told
    assert "ERROR" not in told
    assert (tmp_path / "leadwire-completion.bash").stat().st_size > 0


async def test_the_page_on_parked_events_requeues_what_it_lists(
    system: System, broker_url: str, tmp_path: Path
) -> None:
    broker = broker_from_url(broker_url, name="another team")
    await broker.start()
    unreadable = Message(id="unreadable", type="leads_created", body=b"{}")
    assert list(await broker.publish([unreadable])) == [Accepted()]
    await broker.stop()

    async def is_parked() -> bool:
        status = await system.get("manager_svc", "/v1/ops/manager-svc/status")
        return [each["parked"] for each in status["subscriptions"]] == [1]

    await eventually(is_parked, within=30)
    url = system.service("manager_svc").url
    status, *lines = (await _run_guide("../operations/parked.md", url, cwd=tmp_path)).splitlines()
    assert json.loads(status)["service"] == "manager-svc"
    listed, chosen, requeued, decided = lines
    assert listed == chosen
    assert "unreadable" in listed
    assert requeued == "requeued 1"
    assert "requeued   consumer-" in decided
    # It is as unreadable as it was: parked anew, and not lost.
    await eventually(is_parked, within=30)


async def test_people_and_programs_of_the_guide_do_what_their_roles_allow(
    tmp_path: Path,
) -> None:
    """In all services at once, which read the files again while they run."""
    files, *rest = BASH_BLOCK.findall((GUIDES / "access.md").read_text())
    assert await _run_commands(files, "", cwd=tmp_path) == ""
    environment = {
        "LEADWIRE_AUTH": "on",
        "LEADWIRE_USERS_FILE": str(tmp_path / "users.json"),
        "LEADWIRE_TOKEN_KEYS_FILE": str(tmp_path / "token-keys.json"),
    }
    exports = files.partition("\n")[0] + "\n"
    async with standalone(tmp_path, **environment) as address:
        output = await _run_commands(exports + "".join(rest), f"http://{address}", cwd=tmp_path)
    told = re.sub(UUID, "UUID", re.sub(r"\d{4}-\d\d-\d\d\S*", "DATE", output))
    assert "user  boss  admin\nuser  rosa  manager  UUID\nkey   crm  importer\n" in told
    assert "200\n401\n" in told
    assert '"name":"rosa","roles":["manager"],"manager_id":"UUID","auth":"on"' in told
    assert "by rosa" in told
    assert "leadwire: 403 forbidden" in told
    assert "DATE  signs\nDATE  verifies\n" in told
    assert "leadwire: 401 unauthorized" in told.splitlines()[-2]


async def _run_guide(
    guide: str, address: str, *, cwd: Path, also: Mapping[str, str] = MappingProxyType({})
) -> str:
    """Run the commands of a guide, one block after the other; return what they print.

    Python is the one with this repository's packages; `also` tells what else to replace.
    """
    commands = "".join(BASH_BLOCK.findall((GUIDES / guide).read_text()))
    for text, other in also.items():
        commands = commands.replace(text, other)
    return await _run_commands(commands, address, cwd=cwd)


async def _run_commands(commands: str, address: str, *, cwd: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-euo",
        "pipefail",
        "-c",
        IN_PLACE_OF_A_SECOND + commands.replace("http://127.0.0.1:8080", address),
        cwd=cwd,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(180):
        output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()
