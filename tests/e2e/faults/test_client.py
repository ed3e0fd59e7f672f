"""The client package against the real services, on a network that cuts it, again and again.

Each follower ends with exactly the leads that match, in the state that the service shows.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from e2e.conftest import ReportCounts
from e2e.leads import FAILING_ROWS, as_csv, valid_rows
from e2e.office import Office
from e2e.system import System
from leadwire.testing import TcpProxy, eventually
from leadwire_client import (
    AsyncClient,
    Backoff,
    Client,
    FileCheckpoint,
    Filters,
    LeadCache,
    LiveLeads,
)

pytestmark = pytest.mark.fault

SEED = 20260131
QUICK = Backoff(first=0.05, most=0.5)
LEADS = 3000
DECISIONS = 120
WITHIN = 60.0

FILTERS: list[Filters] = [
    {},
    {"status": "pending"},
    {"status": ["interested", "not_interested"]},
    {"assigned": True},
]


@asynccontextmanager
async def behind_a_proxy(system: System, module: str) -> AsyncIterator[TcpProxy]:
    parts = urlsplit(system.service(module).url)
    async with TcpProxy(parts.hostname or "", parts.port or 0) as proxy:
        yield proxy


def address(proxy: TcpProxy) -> str:
    return f"http://{proxy.host}:{proxy.port}"


@contextmanager
def many(*entered: LiveLeads) -> Iterator[None]:
    for each in entered:
        each.__enter__()
    try:
        yield
    finally:
        for each in entered:
            each.__exit__()


async def test_an_import_that_is_cut_while_it_is_sent_is_complete_and_single(
    system: System,
) -> None:
    async with behind_a_proxy(system, "import_svc") as proxy:
        sent: list[int] = []
        cut: list[int] = []

        def cut_once(done: int, _: int | None) -> None:
            sent.append(done)
            # Not before the proxy has taken it in: there would be nothing to cut.
            if proxy.connections and not cut:
                cut.append(done)
                proxy.cut()

        content = as_csv([*valid_rows(6000), *FAILING_ROWS])
        async with AsyncClient(address(proxy), backoff=QUICK, patience=WITHIN) as client:
            receipt = await client.import_leads(
                content, content_type="text/csv", region="US", progress=cut_once
            )
            failures = [each async for each in client.import_failures(receipt.id)]
    assert len(content) in sent
    assert len(sent) > len(set(sent)), "it was sent again"
    assert (receipt.received, receipt.imported, receipt.failed) == (6003, 6000, 3)
    assert [each.codes for each in failures] == [
        ("cellphone_missing",),
        ("email_invalid",),
        ("email_exists",),
    ]


async def test_followers_that_are_cut_end_with_exactly_the_filtered_state(
    system: System, tmp_path: Path, report_counts: ReportCounts
) -> None:
    chance = random.Random(SEED)
    office = Office(system=system)
    await office.hire("Ada", "Grace", "Edsger")
    async with behind_a_proxy(system, "stream_svc") as proxy:
        blocking = Client(address(proxy), backoff=QUICK)
        clients = AsyncClient(address(proxy), backoff=QUICK)
        async with clients, clients.live(**FILTERS[1]) as live_async:
            live = [blocking.live(**filters) for filters in FILTERS]
            with blocking, many(*live):
                await system.import_leads(as_csv(valid_rows(LEADS)), "text/csv", region="US")
                kept = Kept(address(proxy), tmp_path / "cursor", FILTERS[2])
                dying = asyncio.create_task(kept.live_and_die(random.Random(SEED)))
                cuts = 0
                for number in range(DECISIONS):
                    await office.decide(1)
                    if chance.random() < 0.3:
                        proxy.cut()
                        cuts += 1
                    await eventually(lambda: kept.deaths >= number // 10, within=WITHIN)  # noqa: B023
                    if number == DECISIONS // 2:
                        await system.service("stream_svc").kill()
                        await system.service("stream_svc").start()
                dying.cancel()
                await asyncio.wait([dying])
                await eventually(lambda: _counts(system, "interested", DECISIONS), within=WITHIN)
                await kept.go_on(None)
                copies = [
                    (each.leads, filters) for each, filters in zip(live, FILTERS, strict=True)
                ]
                copies += [(live_async.leads, FILTERS[1]), (kept.leads, FILTERS[2])]
                for cache, filters in copies:
                    await _ends_exact(system, cache, filters)
        report_counts(followers=len(copies), cut=cuts, killed=1, deaths=kept.deaths)
        assert cuts >= 20


class Kept:
    """A program that follows for a while, dies, and goes on where its checkpoint says."""

    def __init__(self, url: str, path: Path, filters: Filters) -> None:
        self.leads = LeadCache()
        self.deaths = 0
        self._url = url
        self._checkpoint = FileCheckpoint(path)
        self._filters = filters

    async def live_and_die(self, chance: random.Random) -> None:
        """Die after every few changes, until this is cancelled."""
        while True:
            await self.go_on(chance.randint(1, 8))
            self.deaths += 1

    async def go_on(self, changes: int | None) -> None:
        """Take so many changes and die; None takes all that there are."""
        async with (
            AsyncClient(self._url, backoff=QUICK) as client,
            client.stream(
                follow=changes is not None, checkpoint=self._checkpoint, **self._filters
            ) as stream,
        ):
            async with asyncio.timeout(WITHIN):
                async for change in stream:
                    self.leads.apply(change)
                    if changes is not None:
                        changes -= 1
                        if changes == 0:
                            return


async def _counts(system: System, status: str, decided: int) -> bool:
    async with AsyncClient(system.service("stream_svc").url) as client:
        by_status = (await client.count_leads()).by_status
    return by_status[status] + by_status[f"not_{status}"] == decided


async def _ends_exact(system: System, cache: LeadCache, filters: Filters) -> None:
    """Compare with what the lists show, read from the service itself."""

    async def same() -> bool:
        async with AsyncClient(system.service("stream_svc").url) as client:
            shown = {each.id: each async for each in client.leads(**filters)}
            assert dict(cache) == shown
            return (await client.count_leads()).total == LEADS

    await eventually(same, within=WITHIN, message=f"the copy of {filters}")
