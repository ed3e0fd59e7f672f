"""A person who leaves a trace wherever Leadwire can keep one: in rows, files, queues and logs."""

import asyncio
import json
import re
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import aio_pika
import asyncpg
from aiohttp import FormData
from uuid_utils.compat import uuid7

from e2e.leads import as_csv
from e2e.system import System
from leadwire.broker import Accepted, Message, broker_from_url
from leadwire.contracts import EventType
from leadwire.contracts.samples import sample_bytes
from leadwire.testing import eventually

NAME, FAMILY_NAME = "Zebulon", "Quillfeather"
EMAIL, SECOND_EMAIL, FORMER_EMAIL = (
    "Zebulon.Quillfeather@example.com", "zq+jobs@example.com", "former.self@example.org",
)  # fmt: skip
PHONE, FORMER_PHONE = "+12125550147", "+12125550162"
WORDS: Final = re.compile(
    rb"zebulon|quillfeather|zq\+jobs|former\.self|212\D{0,4}555\D{0,4}01(47|62)"
    rb"|bathyscaphe|dirigible|nautilus|marimba",
    re.IGNORECASE,
)
"""His names, emails and cellphones in any spelling, what his resumes and attributes say, and what
was said of him."""

BYSTANDER = "bystander@example.net"
OTHER_TEAM: Final = "crm.leads"

SET_ASIDE: Final = """
    INSERT INTO {schema}.outbox
        (event_id, aggregate_id, type, content_type, body, headers, attempts, last_error, parked_at)
    SELECT
        event_id, CASE WHEN type <> 'leads_created' THEN subject::uuid END, type, content_type,
        body, headers, 9, 'the broker will never take it', now()
    FROM notifier_svc.journal WHERE source = $1 AND body IS NOT NULL
"""
PARK_SOME: Final = """
    UPDATE notifier_svc.deliveries SET status = 'parked'
    WHERE id IN (SELECT id FROM notifier_svc.deliveries WHERE webhook_id IS NOT NULL
                 AND status = 'pending' ORDER BY id LIMIT 3)
"""


@dataclass(slots=True)
class Person:
    """Two leads that are the same person.

    Attributes:
        leads: Their ids.
        waiting_import: An import in the background that has not begun.
    """

    system: System
    broker_url: str
    leads: list[str] = field(default_factory=list)
    waiting_import: str = ""

    async def leave_traces(self, webhook: str) -> None:
        """Do all that people do with leads, and go wrong wherever it may."""
        await self._be_kept_by_another_team()
        for name in ("Ada", "Grace"):
            await self.system.post("manager_svc", "/v1/managers", {"name": name})
        hook = await self.system.post("notifier_svc", "/v1/webhooks", {"url": webhook})
        await self._apply()
        await self._be_worked()
        await self._be_imported()
        await self._be_in_events_that_go_wrong()
        await self._be_set_aside()
        replay = {"from": "2020-01-01T00:00:00Z"}
        for reader in ({"webhook_id": hook["id"]}, {"subscription": "stream-svc"}):
            await self.system.post("notifier_svc", "/v1/replays", replay | reader)

    async def _apply(self) -> None:
        """By the form, with a resume as a file, and once more with one as text."""
        form = FormData(
            {"name": NAME, "family_name": FAMILY_NAME, "email": FORMER_EMAIL,
             "cellphone": FORMER_PHONE}
        )  # fmt: skip
        form.add_field("resume", b"A bathyscaphe captain.\n", filename=f"{NAME} CV.txt")
        first = await self.system.send_form(form, key=f"signup {EMAIL}")
        second = {"name": NAME, "family_name": FAMILY_NAME, "email": SECOND_EMAIL}
        text = {**second, "resume": "Flew a dirigible around the world."}
        self.leads = [first["id"], (await self.system.post("import_svc", "/v1/leads", text))["id"]]
        changes = {"email": EMAIL, "cellphone": PHONE, "attributes": {"Company": "Nautilus Works"}}
        await self.system.patch("import_svc", f"/v1/leads/{first['id']}", changes)

    async def _be_worked(self) -> None:
        """Given back, reached, decided, and decided otherwise, with words each time."""
        lead, path = self.leads[0], f"/v1/leads/{self.leads[0]}"
        # Who gives it back has no other lead, unless the second one has its manager by then.
        await eventually(lambda: self._holder(self.leads[1]), within=30)
        holder = await eventually(lambda: self._holder(lead), within=30)
        query = {"manager_id": holder, "reason": f"{NAME} plays the marimba"}
        await self.system.request("DELETE", "manager_svc", f"{path}/assignee", params=query)
        other = {"manager_id": holder, "reassign": True, "reason": f"{NAME} asked for him"}
        await self.system.request("PUT", "manager_svc", f"{path}/assignee", json=other)
        for status in ("reached_out", "interested", "not_interested", "interested"):
            await self.system.mark(lead, status, reason=f"{FAMILY_NAME}: {status}, marimba")

    async def _holder(self, lead: str) -> str | None:
        found = await self.system.get("stream_svc", f"/v1/leads/{lead}")
        return found["manager"] and str(found["manager"]["id"])

    async def _be_imported(self) -> None:
        """As rows that fail, in every spelling in which an email or a cellphone can be read."""
        await self.system.post(
            "import_svc", "/v1/leads", {"name": "B", "family_name": "Y", "email": BYSTANDER}
        )
        rows = as_csv(
            [
                (NAME, FAMILY_NAME, EMAIL.upper(), "(212) 555-0188", "Nautilus"),
                (NAME, FAMILY_NAME, "a1@example.com", "(212) 555-0147 ext. 9", ""),
                (NAME, FAMILY_NAME, FORMER_EMAIL, "none", ""),
                (NAME, FAMILY_NAME, "none", FORMER_PHONE, ""),
                (NAME, FAMILY_NAME, f"mailto:{EMAIL}", "", ""),
                (NAME, FAMILY_NAME, f"x@example.com; <{EMAIL.lower()}>", "1-212-555-0147", ""),
                # A duplicate of somebody else, who is not erased.
                (f"{NAME} <{EMAIL}>", "Y", BYSTANDER, "(212) 555-0171", ""),
                ("call 212 555 0147", "Y", BYSTANDER, "(212) 555-0172", ""),
                # The address ends beyond what is shown of the field.
                (NAME, FAMILY_NAME, f"{'x ' * 494}{EMAIL}", "", ""),
                # More of them than one would read.
                (NAME, "", " ".join(f"n{n}@example.com" for n in range(50)), EMAIL, ""),
            ]
        )
        await self.system.import_leads(rows, "text/csv", key=f"of {EMAIL}", region="US")
        await self.system.import_leads(rows, "text/csv", key="dry", dry_run="true", region="US")
        without_region: list[dict[str, Any]] = [
            {"name": NAME, "family_name": FAMILY_NAME, "email": "?", "cellphone": "212.555.0147"},
            {"name": NAME, "family_name": FAMILY_NAME, "email": "?", "cellphone": 2125550147},
            {"name": NAME, "family_name": FAMILY_NAME, "email": [EMAIL], "cellphone": "?"},
            {"name": {"first": NAME}, "email": None, "cellphone": {"home": PHONE}},
        ]
        await self.system.import_leads(json.dumps(without_region).encode(), "application/json")
        lines = b"".join(json.dumps(row).encode() + b"\n" for row in without_region)
        broken = f'{{"name": "{NAME}", "email": "{EMAIL}\n'.encode()
        await self.system.import_leads(lines + broken, "application/x-ndjson")
        alone = as_csv([(NAME, FAMILY_NAME, "", "", "")])
        await self.system.import_leads(alone, "text/csv")
        waiting = await self.system.import_leads(rows, "text/csv", in_background=True)
        self.waiting_import = waiting["id"]

    async def _be_kept_by_another_team(self) -> None:
        async with await aio_pika.connect(self.broker_url) as connection:
            channel = await connection.channel()
            queue = await channel.declare_queue(
                OTHER_TEAM, durable=True, arguments={"x-queue-type": "quorum"}
            )
            await queue.bind("leadwire.events", routing_key="#")

    async def _be_in_events_that_go_wrong(self) -> None:
        """Which nobody can read, which tell of something else, or which ended their consumers."""
        him = {"id": self.leads[0], "name": NAME, "email": EMAIL}
        events = [
            _strange(EventType.LEADS_CREATED, data={"leads": him}),
            _strange(EventType.LEAD_UPDATED, subject=self.leads[0], data={"lead": him}),
            _strange("quote_sent", subject="quote-7", data={"to": him}),
        ]
        noise = [f"no event, but {EMAIL} of {UUID(lead).hex}" for lead in self.leads]
        broker = broker_from_url(self.broker_url, name="another team")
        await broker.start()
        assert list(await broker.publish(events)) == [Accepted()] * len(events)
        await broker.stop()
        async with await aio_pika.connect(self.broker_url) as connection:
            channel = await connection.channel()
            for service in ("manager-svc", "notifier-svc", "stream-svc"):
                for text in noise:
                    message = aio_pika.Message(text.encode(), message_id=str(uuid7()), type="noise")
                    await channel.default_exchange.publish(message, f"leadwire.{service}.dead")

    async def _be_set_aside(self) -> None:
        """In outboxes, and at webhooks; so that nothing of it goes by itself."""
        connection = await asyncpg.connect(self.system.admin_database, timeout=10)
        try:
            await eventually(lambda: _is_parked(connection), within=30)
            for schema in ("import_svc", "manager_svc"):
                source = f"leadwire/{schema.replace('_', '-')}"
                await connection.execute(SET_ASIDE.format(schema=schema), source)
            await connection.execute(PARK_SOME)
        finally:
            await connection.close()


async def _is_parked(connection: asyncpg.Connection) -> bool:
    counts = [
        await connection.fetchval(f"SELECT count(*) FROM {schema}.parked")  # noqa: S608
        for schema in ("manager_svc", "notifier_svc", "stream_svc")
    ]
    return bool(min(counts) >= 3)


def _strange(event_type: str, **changes: Any) -> Message:
    """Return a CloudEvent that none of our services publishes."""
    event = json.loads(sample_bytes(EventType.LEADS_CREATED))
    event |= {"id": str(uuid7()), "type": event_type, "source": "another team", **changes}
    return Message(id=event["id"], type=event_type, body=json.dumps(event).encode())


async def say_all_again(system: System) -> None:
    """Begin a new life of the projection beside the one that serves, and fill it."""
    await system.run("stream_svc", "rebuild")
    async with asyncio.TaskGroup() as saying:
        for module in ("import_svc", "manager_svc"):
            saying.create_task(system.run(module, "resync", "--from-start"))
