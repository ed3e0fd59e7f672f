"""Every conformance case, by both clients, as it is written and in pieces of one byte."""

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from faulty_server import FaultyServer, lead_id

from leadwire_client import (
    AsyncClient,
    Backoff,
    Client,
    Frame,
    Gone,
    LeadCache,
    LeadwireError,
    Mark,
    Put,
    Reset,
    Synced,
)

CASES = Path(__file__).parents[3] / "conformance" / "cases"
QUICK = Backoff(first=0.02, most=0.1)
LARGE = {"a-megabyte-in-a-frame"}
"""Cases that need no pieces of one byte: they would be a million."""

JSON = dict[str, Any]


@dataclass
class Account:
    """What a reader was told; a checkpoint as well."""

    cursor: str | None = None
    changes: list[list[Any]] = field(default_factory=list)
    cache: LeadCache = field(default_factory=LeadCache)
    saved: list[str] = field(default_factory=list)
    failure: str | None = None

    def load(self) -> str | None:
        """As a checkpoint."""
        return self.cursor

    def save(self, cursor: str) -> None:
        """As a checkpoint."""
        if self.saved[-1:] != [cursor]:
            self.saved.append(cursor)

    def take(self, frame: Frame, case: JSON) -> bool:
        """Note a frame; return whether the reader goes on."""
        if isinstance(frame, Put | Gone | Synced | Reset):
            self.cache.apply(frame)
            self.changes.append(_told(frame))
            if len(self.changes) == case.get("dies_at_change"):
                return False
        return not (isinstance(frame, Mark | Synced) and self._is_until(frame, case))

    def _is_until(self, frame: Mark | Synced, case: JSON) -> bool:
        if frame.cursor != case.get("until"):
            return False
        # A `synced` may follow the mark that it repeats: then the reader waits for it.
        steps = case["connections"][-1]["response"]["steps"]
        return isinstance(frame, Synced) or {"synced": frame.cursor} not in steps


def _told(frame: Put | Gone | Synced | Reset) -> list[Any]:
    match frame:
        case Put():
            return ["put", _number(frame.id), frame.rev]
        case Gone():
            return ["gone", _number(frame.id), frame.rev]
        case Reset():
            return ["reset", frame.reason]
    return ["synced"]


def _number(each: UUID) -> int:
    return int(str(each).rpartition("-")[2])


def _begun(case: JSON) -> tuple[Account, JSON]:
    reader = dict(case["reader"])
    filters = reader.pop("filters", {})
    account = Account(cursor=reader.pop("cursor", None))
    return account, {**reader, **filters, "checkpoint": account}


def run_sync(case: JSON, url: str) -> Account:
    account, arguments = _begun(case)
    with Client(url, backoff=QUICK) as client, client.stream(**arguments) as stream:
        try:
            for frame in stream.frames():
                if not account.take(frame, case):
                    break
        except LeadwireError as error:
            account.failure = error.code
    return account


async def run_async(case: JSON, url: str) -> Account:
    account, arguments = _begun(case)
    async with AsyncClient(url, backoff=QUICK) as client, client.stream(**arguments) as stream:
        try:
            async for frame in stream.frames():
                if not account.take(frame, case):
                    break
        except LeadwireError as error:
            account.failure = error.code
    return account


def cases() -> list[Any]:
    written = [
        pytest.param(path, at_once, id=f"{path.stem}{'-by-bytes' if at_once else ''}")
        for path in sorted(CASES.glob("*.json"))
        for at_once in (None, 1)
        if not (at_once and path.stem in LARGE)
    ]
    assert written, "there are cases"
    return written


@pytest.mark.parametrize(("path", "bytes_at_once"), cases())
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_client_does_as_the_case_says(path: Path, bytes_at_once: int | None, kind: str) -> None:
    case = json.loads(path.read_text())
    expected = case["expect"]
    with FaultyServer(case["connections"], bytes_at_once=bytes_at_once) as server:
        if kind == "sync":
            account = run_sync(case, server.url)
        else:
            account = asyncio.run(run_async(case, server.url))
        assert server.wrong == []
        assert server.answered == len(case["connections"])
    assert account.changes == expected["changes"]
    assert account.failure == expected.get("failure")
    if "saved" in expected:
        assert account.saved == expected["saved"]
    check_held(account.cache, expected)


def check_held(cache: LeadCache, expected: JSON) -> None:
    """Compare what is held with what the case says of it."""
    if "holds" in expected:
        held = {str(_number(each.id)): each.rev for each in cache.values()}
        assert held == expected["holds"]
    for number, name in expected.get("names", {}).items():
        assert cache[UUID(lead_id(int(number)))].name == name
    for number, status in expected.get("statuses", {}).items():
        assert cache[UUID(lead_id(int(number)))].status == status
    for number, name in expected.get("managers", {}).items():
        manager = cache[UUID(lead_id(int(number)))].manager
        assert manager is not None
        assert manager.name == name
    for number, size in expected.get("padding_bytes", {}).items():
        assert len(cache[UUID(lead_id(int(number)))].attributes["padding"]) == size
