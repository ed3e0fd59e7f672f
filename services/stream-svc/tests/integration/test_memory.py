"""Readers that are slow cost what they hold of the moment, not all that they have yet to read."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

if TYPE_CHECKING:
    from conftest import MakeContact, OpenStream, StartService, StreamService

READERS = 100
LEADS = [UUID(int=number) for number in range(1, 201)]
BLOB = "x" * 20_000
WARM_UP, ROUNDS = 8, 16
ROUND_MIB = len(LEADS) * len(BLOB) / 2**20
READ_PER_ROUND = 100_000
SMALL = 128 * 1024


@pytest.mark.timeout(240)
async def test_memory_stays_flat_while_a_hundred_readers_fall_behind(
    start_service: "StartService",
    make_contact: "MakeContact",
    monkeypatch: pytest.MonkeyPatch,
    report_counts: Callable[..., None],
) -> None:
    # Little of each bound, so that all of them are reached in a few rounds.
    monkeypatch.setattr("stream_svc.usecases.tail.RING_BYTES", 8 * SMALL)
    monkeypatch.setattr("stream_svc.domain.ring.BYTES_AT_ONCE", SMALL)
    monkeypatch.setattr("stream_svc.storage.change_log.BYTES_PER_READ", SMALL)
    service = await start_service(write_within_s=600.0)
    contacts = [make_contact(each, attributes={"blob": BLOB}) for each in LEADS]

    async def change_all(rev: int) -> None:
        for contact in contacts:
            await service.publisher.updated(contact.model_copy(update={"rev": rev}))

    async with (
        slow_readers(service) as slow,
        service.stream(follow="true", start="now", fields="id,rev") as quick,
    ):
        await quick.until("synced")
        resident = []
        for number in range(1, WARM_UP + ROUNDS + 1):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(change_all(number))
                tasks.create_task(all_have_come(quick, rev=number))
            for reader in slow:
                async with asyncio.timeout(20):
                    await reader.readexactly(READ_PER_ROUND)
            resident.append(resident_mib())
        assert await served(service) == READERS + 1
    growth = max(resident[WARM_UP:]) - resident[WARM_UP - 1]
    report_counts(readers=READERS, changed_mib=round(ROUNDS * ROUND_MIB), growth_mib=round(growth))
    # Less than half of what a single copy of what they have yet to read would take.
    assert growth < ROUNDS * ROUND_MIB / 2, resident


@contextlib.asynccontextmanager
async def slow_readers(service: "StreamService") -> AsyncIterator[Sequence[asyncio.StreamReader]]:
    """Follow with connections that take only what is asked of them."""
    url = service.client.make_url("/v1/leads/stream?follow=true&start=now")
    async with contextlib.AsyncExitStack() as stack:
        readers = []
        for _ in range(READERS):
            reader, writer = await asyncio.open_connection(url.host, url.port, limit=4096)
            stack.callback(writer.close)
            writer.write(f"GET {url.path_qs} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert await reader.readuntil(b'"type":"synced"')
            readers.append(reader)
        yield readers


async def all_have_come(stream: "OpenStream", *, rev: int) -> None:
    """Wait until a follower was told of every lead at a rev."""
    missing = {str(each) for each in LEADS}
    while missing:
        frame = await stream.frame(within=60)
        if frame["type"] == "put" and frame["rev"] == rev:
            missing.discard(frame["id"])


async def served(service: "StreamService") -> int:
    """Give how many streams are being served."""
    async with service.client.get("/metrics") as response:
        lines = (await response.text()).splitlines()
    [found] = [each for each in lines if each.startswith("leadwire_streams_open{")]
    return int(float(found.split()[-1]))


def resident_mib() -> float:
    """Give the memory of this process, of which the readers' sockets are no part."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
