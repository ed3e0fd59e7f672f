"""The main job once, at an installation that runs already: `make smoke URL=http://127.0.0.1:8080`.

It leaves nothing behind but a removed manager and its events, and refuses to start where somebody
works: it would be given his leads, or he the ones of this.
"""

import argparse
import asyncio
import secrets
import sys
import time
from collections.abc import Awaitable, Callable

from leadwire_client import (
    AsyncClient,
    Credentials,
    Lead,
    LeadStatus,
    LeadwireError,
    Manager,
    Receipt,
)
from leadwire_client.command.connecting import add_connection, credentials_given, url_of

WITHIN = 60.0
"""Seconds for each thing that comes by an event."""

LEADS = 3


class RefusedError(Exception):
    """The installation is not one to try this at."""


class NotSeenError(Exception):
    """Something that should have come did not."""


async def smoke(url: str, credentials: Credentials | None) -> None:
    """Import, be assigned, mark, and see it in the journal and in the stream."""
    async with AsyncClient(url, credentials=credentials, patience=WITHIN) as client:
        await _insist_on_quiet(client)
        mark = secrets.token_hex(4)
        manager = await client.add_manager(f"Smoke {mark}")
        receipt = None
        try:
            receipt = await client.import_leads(_rows(mark), content_type="text/csv", region="US")
            _require((receipt.imported, receipt.failed) == (LEADS, 1), "each row is accounted for")
            await _work_off(client, manager, receipt)
        finally:
            await _clean_up(client, manager, receipt)


async def _insist_on_quiet(client: AsyncClient) -> None:
    waiting = await client.count_leads(assigned=False, status="pending")
    if waiting.total or [each async for each in client.managers(state="free")]:
        raise RefusedError("leads wait, or a manager does: this is for an installation at rest")


async def _work_off(client: AsyncClient, manager: Manager, receipt: Receipt) -> None:
    followed: asyncio.Queue[Lead] = asyncio.Queue()
    following = asyncio.create_task(_follow(client, receipt, followed))
    try:
        decided = []
        for _ in range(LEADS):
            lead = await _held(client, manager)
            await client.mark(lead, LeadStatus.INTERESTED)
            decided.append(lead)
            await _seen_decided(followed, lead)
        _require(decided == sorted(decided), "the oldest lead came first, as each became free")
        print("each decision came by the stream")
    finally:
        following.cancel()
    await _eventually(lambda: _journal_has(client, decided), "the journal has each event")
    stream = client.stream(follow=False, import_id=receipt.id)
    async with stream:
        told = sorted([str(lead.id) async for lead in stream.leads()])
    _require(told == decided, "the stream ends with exactly these leads")


async def _follow(client: AsyncClient, receipt: Receipt, seen: asyncio.Queue[Lead]) -> None:
    async with client.stream(import_id=receipt.id) as stream:
        async for lead in stream.leads():
            seen.put_nowait(lead)


async def _seen_decided(followed: "asyncio.Queue[Lead]", lead_id: str) -> None:
    try:
        async with asyncio.timeout(WITHIN):
            while True:
                lead = await followed.get()
                if str(lead.id) == lead_id and lead.status == LeadStatus.INTERESTED:
                    return
    except TimeoutError:
        raise NotSeenError(f"the stream did not tell of a decision within {WITHIN:g} s") from None


async def _held(client: AsyncClient, manager: Manager) -> str:
    held: list[str] = []

    async def has_one() -> bool:
        held[:] = [str(lead.id) for lead in (await client.manager(manager.id)).leads]
        return len(held) == 1

    await _eventually(has_one, "a lead is assigned")
    return held[0]


async def _journal_has(client: AsyncClient, leads: list[str]) -> bool:
    found = {each.subject async for each in client.journal(types=["lead_interested_created"])}
    return found >= set(leads)


async def _clean_up(client: AsyncClient, manager: Manager, receipt: Receipt | None) -> None:
    await client.remove_manager(manager.id)
    if receipt is not None:
        stream = client.stream(follow=False, import_id=receipt.id)
        async with stream:
            for lead in [each async for each in stream.leads()]:
                await client.erase_lead(lead.id)
    print("what was made for this is gone again")


async def _eventually(holds: Callable[[], Awaitable[bool]], what: str) -> None:
    began = time.monotonic()
    while not await holds():
        if time.monotonic() - began > WITHIN:
            raise NotSeenError(f"not so within {WITHIN:g} s: {what}")
        await asyncio.sleep(0.1)
    print(what)


def _rows(mark: str) -> bytes:
    lines = ["First Name,Last Name,Email,Phone"]
    first = secrets.randbelow(10_000 - LEADS)  # and those after it: no two rows have the same
    for number in range(LEADS + 1):
        phone = f"(212) 555-{first + number:04}" if number < LEADS else "12"
        lines.append(f"Row {number},Smoke,{mark}-{number}@example.com,{phone}")
    return "\n".join(lines).encode()


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise NotSeenError(f"not so: {what}")
    print(what)


def main() -> int:
    """Run it as the command line and the environment say; return the exit code."""
    parser = argparse.ArgumentParser(prog="smoke", description=__doc__)
    add_connection(parser)
    given = parser.parse_args()
    try:
        asyncio.run(smoke(url_of(given), credentials_given(given)))
    except (RefusedError, NotSeenError, LeadwireError) as error:
        print(f"smoke: {error}", file=sys.stderr)
        return 1
    print("all is well")
    return 0


if __name__ == "__main__":
    sys.exit(main())
