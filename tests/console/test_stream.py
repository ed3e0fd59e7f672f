"""The console follows the stream as every client must."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faulty_server
import pytest
import pytest_asyncio
from console.node import NODE, ROOT, TESTS
from faulty_server import FaultyServer

CASES = ROOT / "clients" / "conformance" / "cases"
READER = TESTS / "conformance.ts"
READ_WITHIN = 90.0
# The largest frame would be a million pieces.
IN_ONE_PIECE = {"a-megabyte-in-a-frame"}


@dataclass(frozen=True, slots=True)
class Run:
    """A case, and in pieces of how many bytes its server answers; None as the case says."""

    path: Path
    bytes_at_once: int | None

    @property
    def name(self) -> str:
        return f"{self.path.stem}{'-by-bytes' if self.bytes_at_once else ''}"


def followed() -> list[Run]:
    """Cases of those who stay, as the console does."""
    return [
        Run(path, at_once)
        for path in sorted(CASES.glob("*.json"))
        for at_once in (None, 1)
        if json.loads(path.read_text())["reader"].get("follow", True)
        and not (at_once and path.stem in IN_ONE_PIECE)
    ]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reader was told, and what its server saw."""

    told: dict[str, Any]
    answered: int
    wrong: list[str]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def outcomes() -> AsyncIterator[dict[Run, Outcome]]:
    """All cases, read at once by one process: to start it takes longer than most of them."""
    runs = followed()
    with ExitStack() as stack:
        # A server that falls silent does so for longer than the reader has in all.
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(faulty_server, "GIVE_UP", 3 * READ_WITHIN)
        servers = [
            stack.enter_context(
                FaultyServer(
                    json.loads(run.path.read_text())["connections"],
                    bytes_at_once=run.bytes_at_once,
                )
            )
            for run in runs
        ]
        pairs = [f"{run.path}={server.url}" for run, server in zip(runs, servers, strict=True)]
        told = await read(*pairs)
        yield {
            run: Outcome(each, server.answered, server.wrong)
            for run, each, server in zip(runs, told, servers, strict=True)
        }


async def read(*pairs: str) -> list[dict[str, Any]]:
    reader = await asyncio.create_subprocess_exec(
        *(str(NODE), "--no-warnings", str(READER), *pairs), stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(READ_WITHIN):
            said, _ = await reader.communicate()
    finally:
        if reader.returncode is None:
            reader.kill()
            await reader.wait()
    assert reader.returncode == 0
    told: list[dict[str, Any]] = json.loads(said)
    return told


def test_there_are_cases() -> None:
    assert len(followed()) > 20


@pytest.mark.parametrize("run", followed(), ids=lambda run: run.name)
def test_the_console_does_as_the_case_says(run: Run, outcomes: dict[Run, Outcome]) -> None:
    case = json.loads(run.path.read_text())
    expected, outcome = case["expect"], outcomes[run]
    assert outcome.wrong == []
    assert outcome.answered == len(case["connections"])
    assert outcome.told["changes"] == expected["changes"]
    assert outcome.told["failure"] == expected.get("failure")
    if "saved" in expected:
        assert outcome.told["saved"] == expected["saved"]
    check_held(outcome.told["holds"], expected)


def check_held(holds: dict[str, Any], expected: dict[str, Any]) -> None:
    if "holds" in expected:
        assert {number: each["rev"] for number, each in holds.items()} == expected["holds"]
    for number, name in expected.get("names", {}).items():
        assert holds[number]["name"] == name
    for number, status in expected.get("statuses", {}).items():
        assert holds[number]["status"] == status
