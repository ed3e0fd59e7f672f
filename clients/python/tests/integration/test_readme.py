"""The README's programs, as printed, each in a process of its own."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from leadwire.broker import ALL_TYPES, Accepted, Message, Subscription
from leadwire.broker.rabbitmq import RabbitMQBroker
from leadwire.testing import eventually
from leadwire.testing.rabbitmq import RabbitMQServer, Vhost
from leadwire_client.events import Event, write_event
from leadwire_client.testing import FakeLeadwire, events

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
CSV = """\
First Name,Last Name,Email,Phone
Barbara,Moore,barbara@example.com,(212) 555-0101
Edsger,,edsger@example.com,(212) 555-0102
"""

# What each program prints at last, in the README's order; those that follow are stopped then.
PRINTED = [
    "row 2: family_name_missing",
    "completed 1",
    "hold",
    "complete",
    "Ada works on Frances",
    "still waits: Edsger",
    "live from here",
    "parked: unreadable",
    "the fake answers",
]


def every_program() -> list[str]:
    return BLOCKS.findall(README.read_text())


def programs() -> list[str]:
    """Those that need a Leadwire, or nothing."""
    return [each for each in every_program() if "AMQP_URL" not in each]


def test_every_program_is_run() -> None:
    assert len(programs()) == len(PRINTED) == len(every_program()) - 1


def test_every_program_is_typed(tmp_path: Path) -> None:
    for number, program in enumerate(every_program()):
        (tmp_path / f"program_{number}.py").write_text(program)
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("number", range(len(PRINTED)))
async def test_a_program_of_the_readme_does_what_it_says(number: int, tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text(CSV)
    with FakeLeadwire() as fake:
        if number >= 2:
            _prepare(fake, manager=number == 4)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-u",
            "-c",
            programs()[number].replace("http://127.0.0.1:8080", fake.url),
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            await _printed(process, PRINTED[number])
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def test_the_program_that_receives_events_does_what_it_says(
    private_rabbitmq: RabbitMQServer, tmp_path: Path
) -> None:
    [program] = [each for each in every_program() if "AMQP_URL" in each]
    vhost = Vhost(server=private_rabbitmq)
    await vhost.create()
    leadwire = RabbitMQBroker.from_url(vhost.url, name="leadwire")
    await leadwire.declare([Subscription(name="notifier-svc", types=(ALL_TYPES,))])
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program),
        cwd=tmp_path,
        env={"AMQP_URL": vhost.url},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        ada = events.lead_interested_created(email="ada@example.com")
        # Nothing is routed to the queue by its name until the program has made it.
        await eventually(lambda: _is_delivered(leadwire, ada), within=30)
        await _printed(process, "customer ada@example.com")
        erased = events.lead_erased(UUID(ada.subject))
        for event in (ada, erased):
            assert await _is_delivered(leadwire, event)
        await _printed(process, f"erased {ada.subject}")
        process.terminate()
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await leadwire.stop()
        await vhost.delete()


async def _is_delivered(leadwire: RabbitMQBroker, event: Event) -> bool:
    message = Message(id=event.id, type=event.type.value, body=write_event(event))
    return await leadwire.publish([message], only="billing.leads") == [Accepted()]


def _prepare(fake: FakeLeadwire, *, manager: bool) -> None:
    if manager:
        fake.add_manager("Ada")
    frances = fake.add_lead(name="Frances", family_name="Allen", email="f@example.com")
    fake.add_lead(name="Donald", family_name="Olsen", email="d@example.com")
    fake.add_lead(name="Edsger", family_name="Jansen", email="e@example.com")
    if not manager:
        fake.mark_lead(frances.id, "interested")


async def _printed(process: asyncio.subprocess.Process, expected: str) -> None:
    assert process.stdout is not None
    lines: list[str] = []
    async with asyncio.timeout(30):
        async for line in process.stdout:
            lines.append(line.decode())
            if expected in lines[-1]:
                return
    raise AssertionError(f"{expected!r} was not printed, but {lines}")
