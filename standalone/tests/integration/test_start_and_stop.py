"""From an empty directory to a clean stop and back; and after a kill."""

import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest

from leadwire.testing import eventually
from leadwire_standalone.demo.client import Client
from leadwire_standalone.demo.sample import sample_file

if TYPE_CHECKING:
    from standalone.tests.conftest import Start

ServersOf = Callable[[Path], list[str]]
MODULE = "leadwire_standalone"
LEADS = b"""name,family_name,email,cellphone
Ada,Lovelace,ada@example.com,+14155550101
Grace,Hopper,grace@example.com,+14155550102
Edsger,Dijkstra,edsger@example.com,+14155550103
"""


async def bring(client: Client) -> None:
    receipt = await client.import_leads(LEADS, name="leads.csv", region=None)
    assert receipt["imported"] == 3, receipt


async def held(client: Client, manager: str) -> str:
    return str(await eventually(lambda: client.held_lead(manager), within=20))


async def shown(client: Client, *, emails: set[str]) -> None:
    async def all_there() -> bool:
        return {lead["email"] for lead in await client.stream()} == emails

    await eventually(all_there, within=20, message="the leads are in the stream")


async def asked_as(host: str, url: str) -> int:
    """Give the status of what a page asks for whose name leads to this machine."""
    async with (
        aiohttp.ClientSession(headers={"Host": host}) as session,
        session.get(f"{url}/v1/leads") as response,
    ):
        return response.status


async def one_server_runs(servers_of: ServersOf, data: Path) -> None:
    """See one Postgres: what it has just forked has its command, too, for a moment."""
    await eventually(lambda: len(servers_of(data)) == 1, message="one Postgres runs")


EMAILS = {"ada@example.com", "grace@example.com", "edsger@example.com"}


async def test_a_first_start_is_ready_and_data_survives_a_clean_stop(
    start: "Start", data: Path, servers_of: ServersOf
) -> None:
    command = await start(
        *(MODULE, "--port=0", f"--data={data}"),
        environment={"LEADWIRE_ALLOWED_HOSTS": "leads.example"},
    )
    url = await command.url()
    async with aiohttp.ClientSession() as session, session.get(f"{url}/readyz") as response:
        assert response.status == 200
    assert await asked_as("leads.example", url) == 200, "behind a tunnel that it was told of"
    async with Client(url=url) as client:
        await bring(client)
        manager = await client.add_manager("Anna")
        lead = await held(client, manager)
        await shown(client, emails=EMAILS)
    await one_server_runs(servers_of, data)
    ended = await command.end(signal.SIGINT)
    assert ended.code == 0, ended.said
    assert "Traceback" not in ended.said
    assert servers_of(data) == []

    command = await start(MODULE, "--port=0", f"--data={data}")
    async with Client(url=await command.url()) as client:
        await shown(client, emails=EMAILS)
        assert await client.held_lead(manager) == lead
    assert await asked_as("leads.example", await command.url()) == 421, "the name of any site"
    ended = await command.end(signal.SIGTERM)
    assert ended.code == 0, ended.said
    assert "Traceback" not in ended.said
    assert servers_of(data) == []


RESYNC = """
source "$0"
for service in import_svc manager_svc; do "$1" -m $service resync; done
"""


async def test_commands_of_the_services_find_their_settings_beside_a_run(
    start: "Start", data: Path
) -> None:
    command = await start(MODULE, "--port=0", f"--data={data}")
    async with Client(url=await command.url()) as client:
        await bring(client)
        await held(client, await client.add_manager("Anna"))
    kept = data / "environment"
    assert kept.stat().st_mode & 0o777 == 0o600
    process = await asyncio.create_subprocess_exec(
        *("bash", "-euc", RESYNC, str(kept), sys.executable), stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        output, _ = await process.communicate()
    assert (await command.end(signal.SIGINT)).code == 0
    said = [line for line in output.decode().splitlines() if "done" in line]
    assert said == [
        "resync: done, 3 said again",  # the leads
        "resync: done, 2 said again",  # Anna, and the work on the lead that she holds
    ]


INTERRUPT_WITHIN_IMPORTS = """
import os, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "aiohttp":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
"""


async def test_an_interrupt_while_it_is_loaded_ends_it_without_a_word(
    start: "Start", data: Path, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(INTERRUPT_WITHIN_IMPORTS)
    command = await start(
        *(MODULE, "--port=0", f"--data={data}"), environment={"PYTHONPATH": str(tmp_path)}
    )
    ended = await command.end()
    assert (ended.code, ended.said) == (-signal.SIGINT, "")


async def test_a_second_signal_does_not_take_the_database_from_those_who_stop(
    start: "Start", data: Path, servers_of: ServersOf
) -> None:
    """`make` passes on a signal that the process may have got already."""
    command = await start(MODULE, "--port=0", f"--data={data}")
    await command.url()
    for _ in range(3):
        command.process.send_signal(signal.SIGTERM)
    ended = await command.end(signal.SIGINT)
    assert (ended.code, servers_of(data)) == (0, [])
    assert "disconnected" not in ended.said
    assert "leadership_lost" not in ended.said


@pytest.mark.parametrize(
    ("number", "reached"),
    [
        pytest.param(signal.SIGINT, "lock", id="SIGINT while the cluster is made"),
        pytest.param(signal.SIGTERM, "lock", id="SIGTERM while the cluster is made"),
        pytest.param(signal.SIGINT, "port", id="SIGINT once Postgres runs"),
        pytest.param(signal.SIGTERM, "port", id="SIGTERM once Postgres runs"),
    ],
)
@pytest.mark.fault
async def test_a_stop_while_it_starts_is_clean_and_leaves_no_postgres(
    start: "Start", data: Path, servers_of: ServersOf, number: signal.Signals, reached: str
) -> None:
    command = await start(MODULE, "--port=0", f"--data={data}")
    await eventually((data / "postgres" / reached).exists, within=30)
    ended = await command.end(number)
    assert "Leadwire is ready" not in ended.said, "the signal came too late to prove anything"
    assert ended.code == 0, ended.said
    assert "Traceback" not in ended.said
    assert servers_of(data) == []


@pytest.mark.fault
async def test_after_a_kill_nothing_is_lost_and_work_goes_on(
    start: "Start", data: Path, servers_of: ServersOf
) -> None:
    command = await start(MODULE, "--port=0", f"--data={data}")
    async with Client(url=await command.url()) as client:
        await bring(client)
        manager = await client.add_manager("Anna")
        lead = await held(client, manager)
    await command.end(signal.SIGKILL)
    # The kill left one behind, or nothing is proved.
    await one_server_runs(servers_of, data)

    command = await start(MODULE, "--port=0", f"--data={data}")
    async with Client(url=await command.url()) as client:
        await shown(client, emails=EMAILS)
        await one_server_runs(servers_of, data)
        assert await client.held_lead(manager) == lead
        marked = await client.mark(lead, "interested")
        assert marked["next_lead"]["id"] != lead

        async def told() -> bool:
            return [each["id"] for each in await client.stream(status="interested")] == [lead]

        await eventually(told, within=20, message="the decision is in the stream")
        receipt = await client.import_leads(sample_file(20), name="more.csv", region="US")
        assert receipt["imported"] > 0
    ended = await command.end(signal.SIGTERM)
    assert ended.code == 0, ended.said
    assert servers_of(data) == []
