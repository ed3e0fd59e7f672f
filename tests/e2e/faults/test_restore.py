"""Everything is lost, and comes back from a backup that was taken while everybody worked."""

import asyncio
import io
import json
import re
import secrets
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlencode

import asyncpg
import pytest
from aiohttp import FormData

from e2e.backup import Backup, make_database, of_leadwire
from e2e.conftest import ReportCounts
from e2e.leads import as_csv, valid_rows
from e2e.office import Office
from e2e.subscriber import Subscriber
from e2e.system import JSON, System
from leadwire.testing import eventually
from leadwire.testing.postgres import TemporaryPostgres
from leadwire.testing.process import ProcessFailedError, ServiceProcess, run_to_end
from leadwire.testing.rabbitmq import RabbitMQServer, Vhost
from leadwire.testing.services import PREFIXES, Urls, prepare
from webhook_sink import running_sink

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]  # two Leadwires are built

TO_THIS_MACHINE = {
    "NOTIFIER_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.1",
    "NOTIFIER_WEBHOOK_ALLOW_HTTP": "true",
}
PAGE = Path(__file__).parents[3] / "docs" / "operations" / "backup.md"
STREAM = "/v1/leads/stream"
PARKED = """
SELECT (SELECT count(*) FROM import_svc.parked) + (SELECT count(*) FROM manager_svc.parked)
    + (SELECT count(*) FROM notifier_svc.parked) + (SELECT count(*) FROM stream_svc.parked)
"""


class Site:
    """A Postgres, a broker and a directory of Leadwire's own, which can all be lost."""

    def __init__(self, *, rabbitmq: RabbitMQServer, directory: Path) -> None:
        self.postgres = TemporaryPostgres()
        self.vhost = Vhost(server=rabbitmq)
        self.directory = directory

    async def build(self) -> None:
        self.directory.mkdir()
        await self.postgres.start()
        await self.vhost.create()

    async def lose(self) -> None:
        await self.postgres.close()
        await self.vhost.delete()

    def urls(self, role_suffix: str) -> Urls:
        return Urls(
            admin_database=of_leadwire(self.postgres.admin_url),
            broker=self.vhost.url,
            broker_of={},
            role_suffix=role_suffix,
        )

    async def value(self, query: str, *arguments: object) -> object:
        connection = await asyncpg.connect(of_leadwire(self.postgres.admin_url), timeout=10)
        found: object = await connection.fetchval(query, *arguments)
        await connection.close()
        return found


@pytest.fixture
async def sites(
    private_rabbitmq: RabbitMQServer, tmp_path: Path
) -> AsyncIterator[tuple[Site, Site]]:
    """The site that is lost, and the one that takes its place."""
    lost, new = (
        Site(rabbitmq=private_rabbitmq, directory=tmp_path / name) for name in ("lost", "new")
    )
    await lost.build()
    await new.build()
    yield lost, new
    await new.lose()


async def test_a_restored_leadwire_goes_on_and_nobody_takes_its_news_for_old(
    sites: tuple[Site, Site], tmp_path: Path, report_counts: ReportCounts
) -> None:
    """The database, the broker and all processes are lost; the store of files is not."""
    lost, new = sites
    backup, roles = Backup(directory=tmp_path), secrets.token_hex(4)
    await make_database(lost.postgres.admin_url)
    async with running_sink() as sink:
        before = await System.start(
            lost.urls(roles), directory=lost.directory, settings=TO_THIS_MACHINE
        )
        hook = {"url": sink.url, "types": ["lead_interested_created"]}
        await before.post("notifier_svc", "/v1/webhooks", hook)
        story = await _live_and_back_up(before, lost, backup)
        for module in PREFIXES:
            await before.service(module).kill()
        await before.stop()
        await lost.lose()

        shutil.copytree(lost.directory / "files", new.directory / "files")
        await backup.restore(new.postgres.admin_url)
        rev = await new.value("SELECT rev FROM import_svc.leads WHERE id = $1", story.changed)
        assert rev == 1 < story.told[story.changed]["contact"]["rev"]
        again = await _found_as_the_page_says(lost.directory / "import_svc-1.log", tmp_path)
        assert again.read_text().split() == [story.erased]
        after = await System.start(
            new.urls(roles),
            directory=new.directory,
            settings=TO_THIS_MACHINE,
            prepare=partial(_prepare_restored, erased=again),
        )
        try:
            await _goes_on(after, new, story)
            # Nobody gets an email again, and a webhook gets the same under the same id.
            assert list((new.directory / "mail").glob("*.eml")) == []
            assert len({(each.id, each.body) for each in sink.received}) == len(set(sink.ids))
        finally:
            codes = await after.stop()
        assert codes == dict.fromkeys(PREFIXES, 0)
    report_counts(restored=len(story.told) - 2, lost_after_the_backup=1, erased_again=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What happened before the loss.

    Attributes:
        events: What another team was told.
        told: What it holds by that.
        cursors: Positions of followers, from before and after the backup.
        decided: Decisions from before the backup.
        kept: A lead with a resume from before it.
        changed: A lead that was changed after it.
        erased: One that was erased after it.
        gone: One that came after it.
    """

    events: list[JSON]
    told: dict[str, JSON]
    cursors: tuple[str, str]
    decided: dict[str, str]
    kept: str
    changed: str
    erased: str
    gone: str


async def _live_and_back_up(system: System, site: Site, backup: Backup) -> Story:
    async with Subscriber(url=site.vhost.url, event_type="#") as team:
        office = Office(system=system)
        await office.hire("Ada", "Grace")
        await system.import_leads(as_csv(valid_rows(12)), "text/csv", region="US")
        kept = await _apply(system, "Barbara")
        await office.decide(3)
        decided = dict(office.ledger.decisions)
        await eventually(lambda: _agree(system, team.effects, statuses=decided), within=60)
        await eventually(lambda: _emails_are_sent(system, 2), within=60)
        changed, erased = (await _waiting(system))[:2]
        cursor = await _cursor(system)

        # While the backup is taken, work goes on; then more happens that it cannot know.
        async with asyncio.TaskGroup() as at_once:
            at_once.create_task(office.decide(1))
            at_once.create_task(backup.take(site.postgres.admin_url))
        for number in range(3):
            await _change(system, changed, f"after{number}@example.com")
        gone = await _apply(system, "Margaret")
        await office.decide(2)
        await system.delete("import_svc", f"/v1/leads/{erased}")
        emails = {changed: "after2@example.com", gone: "Margaret@example.com"}
        statuses = dict(office.ledger.decisions)
        statuses.pop(erased, None)

        async def all_is_told() -> bool:
            assert "end" in _newest(team.effects)[erased]
            return await _agree(system, team.effects, emails=emails, statuses=statuses)

        await eventually(all_is_told, within=60)
        return Story(
            events=team.effects,
            told=_newest(team.effects),
            cursors=(cursor, await _cursor(system)),
            decided=decided,
            kept=kept,
            changed=changed,
            erased=erased,
            gone=gone,
        )


async def _prepare_restored(service: ServiceProcess, *, erased: Path) -> None:
    await prepare(service)
    # Who forgets the next step is told, and nothing is told to subscribers.
    with pytest.raises(ProcessFailedError, match=r"run `[a-z]+-svc restored` once"):
        await service.start()
    options = ["--erased", str(erased)] if service.module == "import_svc" else []
    said = await run_to_end([service.module, "restored", *options], environment=service.environment)
    assert "restored: " in said


async def _goes_on(system: System, site: Site, story: Story) -> None:
    for cursor in story.cursors:
        query = urlencode({"follow": "false", "cursor": cursor})
        assert await system.status_of("stream_svc", f"{STREAM}?{query}") == 410
    emails, later = dict[str, str](), Office(system=system)
    async with Subscriber(url=site.vhost.url, event_type="#") as team:

        async def all_agree() -> bool:
            return await _agree(
                system,
                _once(story.events + team.effects),
                lost=story.gone,
                emails=emails,
                statuses=later.ledger.decisions,
            )

        await system.run("import_svc", "resync", "--from-start")
        await system.run("manager_svc", "resync", "--from-start")
        # What the subscriber holds, who was told more than was restored, is the state again.
        await eventually(all_agree, within=60)
        emails[story.changed] = "restored@example.com"
        await _change(system, story.changed, emails[story.changed])
        await later.hire("Joan")
        await later.decide(2)
        await eventually(all_agree, within=60)
        now = _newest(_once(story.events + team.effects))
        told_now = [each for each in team.effects if each["type"] == "lead_interested_created"]
    contact = now[story.changed]["contact"]
    assert contact["email"] == "restored@example.com"
    assert contact["rev"] > story.told[story.changed]["contact"]["rev"]
    # What was decided before the backup is decided; nothing of it is told a second time.
    leads = {lead["id"]: lead for lead in await _leads(system)}
    assert {lead: leads[lead]["status"] for lead in story.decided} == story.decided
    assert not {event["data"]["lead"]["id"] for event in told_now} & set(story.decided)
    # Only who came after the backup, or is erased, is not there.
    assert set(story.told) - set(leads) == {story.gone, story.erased}
    assert await system.status_of("import_svc", f"/v1/leads/{story.kept}/resume") == 200
    assert await system.status_of("import_svc", f"/v1/leads/{story.erased}/resume") == 404
    # The resume of who came after it goes in a week.
    assert await site.value("SELECT count(*) FROM import_svc.unreferenced_files") == 1
    assert await site.value(PARKED) == 0


async def _emails_are_sent(system: System, count: int) -> bool:
    page = await system.get("notifier_svc", "/v1/deliveries", status="delivered")
    kinds = [each["kind"] for each in page["items"]]
    return len(kinds) - kinds.count("webhook") == count


async def _apply(system: System, name: str) -> str:
    """Send the form with a resume."""
    form = FormData({"name": name, "family_name": "Form", "email": f"{name}@example.com"})
    form.add_field("resume", io.BytesIO(b"%PDF-1.4\n%%EOF\n"), filename="cv.pdf")
    return str((await system.send_form(form))["id"])


async def _change(system: System, lead: str, email: str) -> None:
    await system.patch("import_svc", f"/v1/leads/{lead}", {"email": email})


async def _leads(system: System) -> list[JSON]:
    leads: list[JSON] = (await system.get("stream_svc", "/v1/leads", limit="100"))["items"]
    return leads


async def _waiting(system: System) -> list[str]:
    """Return the leads that will wait longest, of those that nobody holds."""
    leads = await _leads(system)
    return [each["id"] for each in leads if each["manager"] is None and each["status"] == "pending"]


async def _cursor(system: System) -> str:
    frames = [json.loads(line) for line in (await system.stream_text(follow="false")).splitlines()]
    return str([frame["cursor"] for frame in frames if "cursor" in frame][-1])


async def _found_as_the_page_says(log: Path, directory: Path) -> Path:
    """List who was erased, by the command of the page, in a log that has lines of others too."""
    [command] = re.findall(r"^ *(sed .+ >erased\.txt)$", PAGE.read_text(), re.MULTILINE)
    told = f"import-svc: no connection\n{log.read_text()}"
    (directory / "import-svc.log").write_text(told)
    process = await asyncio.create_subprocess_shell(command, cwd=directory)
    assert await process.wait() == 0
    return directory / "erased.txt"


def _once(events: Sequence[JSON]) -> list[JSON]:
    """Return each event once, as a subscriber with an inbox has it; none says two things."""
    once: dict[tuple[str, str], JSON] = {}
    for event in events:
        assert once.setdefault((event["source"], event["id"]), event)["data"] == event["data"]
    return list(once.values())


def _newest(events: Sequence[JSON]) -> dict[str, JSON]:
    """Return what a subscriber holds that takes of each side what bears the greater rev."""
    held: dict[str, JSON] = {}
    for event in events:
        data = event["data"]
        for side in [*data.get("leads", ()), data.get("lead"), data.get("work")]:
            kind = None if side is None else _kind(event, side)
            if kind is not None:
                known = held.setdefault(side["id"], {})
                if known.get(kind, {"rev": 0})["rev"] < side["rev"]:
                    known[kind] = side
    return held


def _kind(event: JSON, side: JSON) -> str | None:
    if event["type"] == "lead_erased":
        return "end"
    if "status" in side:
        return "work"
    return "contact" if "rev" in side else None


async def _agree(
    system: System,
    events: Sequence[JSON],
    *,
    emails: Mapping[str, str] = MappingProxyType({}),
    statuses: Mapping[str, str],
    lost: str | None = None,
) -> bool:
    """Tell whether a subscriber holds what the lists show, but for a lead that was lost.

    Either may be behind: by emails and statuses of leads both are known to have what was done.
    """
    held = {
        lead: (sides["contact"]["email"], sides.get("work", {"status": "pending"})["status"])
        for lead, sides in _newest(events).items()
        if "end" not in sides and lead != lost
    }
    for number, done in enumerate((emails, statuses)):
        assert done.items() <= {lead: facts[number] for lead, facts in held.items()}.items()
    return held == {lead["id"]: (lead["email"], lead["status"]) for lead in await _leads(system)}
