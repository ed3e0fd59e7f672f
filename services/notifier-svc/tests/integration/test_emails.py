"""Emails about leads from the form: planned once, sent in the background, tried again."""

import email
import email.policy
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from leadwire.broker import ALL_TYPES, Ack, Delivery, Subscription, broker_from_url
from leadwire.contracts import Event, NotificationFailed, read_event, to_message
from leadwire.testing import eventually
from notifier_svc.settings import NotifierSettings

if TYPE_CHECKING:
    from conftest import Office


def emails_in(mailbox: Path) -> dict[str, EmailMessage]:
    """Return the emails by recipient."""
    found = {}
    for path in mailbox.glob("*.eml"):
        parsed = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        found[str(parsed["To"])] = parsed
    return found


async def until_delivered(office: "Office", count: int) -> None:
    async def delivered() -> bool:
        return len(await office.deliveries(status="delivered")) == count

    await eventually(delivered, message=f"{count} emails are delivered")


async def test_a_lead_from_the_form_is_acknowledged_and_announced(office: "Office") -> None:
    lead = office.contact(name="Zoë", family_name="Ångström")
    event = await office.create(lead)
    await until_delivered(office, 2)
    emails = emails_in(office.mailbox)
    assert set(emails) == {lead.email, "sales@example.com"}
    for to, one in emails.items():
        kind = "acknowledgement" if to == lead.email else "alert"
        assert one["Message-ID"] == f"<{event.id}.{lead.id}.{kind}@example.com>"
        assert one["Auto-Submitted"] == "auto-generated"
        assert one["From"] == "Leadwire <leads@example.com>"
        assert one["Date"] is not None
        assert [part.get_content_subtype() for part in one.iter_parts()] == ["plain", "html"]
        for part in one.iter_parts():
            assert isinstance(part, EmailMessage)
            assert "Zoë Ångström" in part.get_content()
            assert lead.email in part.get_content() or kind == "acknowledgement"
    assert list(office.mailbox.glob("*.part")) == []


async def test_each_delivery_is_logged_newest_first(office: "Office") -> None:
    first, second = office.contact(), office.contact()
    event = await office.create(first)
    await office.create(second)
    await until_delivered(office, 4)
    deliveries = await office.deliveries()
    assert [one["lead_id"] for one in deliveries] == [str(second.id)] * 2 + [str(first.id)] * 2
    alert, acknowledgement = deliveries[2:]
    assert (alert["kind"], alert["recipient"]) == ("alert", "sales@example.com")
    assert (acknowledgement["kind"], acknowledgement["recipient"]) == (
        "acknowledgement",
        first.email,
    )
    assert {(one["event_id"], one["attempts"]) for one in deliveries[2:]} == {(str(event.id), 1)}
    page = await office.get("/v1/deliveries", {"limit": "3"})
    rest = await office.get("/v1/deliveries", {"limit": "3", "cursor": page["next_cursor"]})
    assert page["items"] + rest["items"] == deliveries
    assert rest["next_cursor"] is None


async def test_the_same_event_again_sends_nothing_again(office: "Office") -> None:
    event = await office.create(office.contact())
    await until_delivered(office, 2)
    await office.execute("DELETE FROM inbox")
    await office.publish(to_message(event))
    assert len(await office.deliveries()) == 2


@pytest.mark.parametrize("overrides", [{"alert_email_to": None}])
async def test_without_somebody_to_alert_only_the_prospect_hears(office: "Office") -> None:
    await office.create(office.contact())
    await until_delivered(office, 1)
    assert [one["kind"] for one in await office.deliveries()] == ["acknowledgement"]


async def test_what_could_not_be_sent_is_tried_again_until_it_is(office: "Office") -> None:
    office.mailbox.write_text("a file where the directory should be")
    await office.create(office.contact())

    async def have_failed() -> bool:
        waiting = await office.deliveries(status="pending")
        return len(waiting) == 2 and all("FileExistsError" in str(w["last_error"]) for w in waiting)

    await eventually(have_failed)
    office.mailbox.unlink()
    await office.execute("UPDATE deliveries SET next_attempt_at = now()")
    await until_delivered(office, 2)
    assert {(one["attempts"], one["last_error"]) for one in await office.deliveries()} == {
        (2, None)
    }
    assert len(emails_in(office.mailbox)) == 2


@pytest.mark.parametrize("overrides", [{"email_max_attempts": 2, "alert_email_to": None}])
async def test_after_the_last_attempt_it_is_parked_and_everybody_is_told(
    office: "Office", settings: NotifierSettings
) -> None:
    told: list[Event] = []

    async def listen(delivery: Delivery) -> Ack:
        told.append(read_event(delivery.message))
        return Ack()

    broker = broker_from_url(settings.broker_url.get_secret_value(), name="listener")
    everything = Subscription(name="listener", types=(ALL_TYPES,))
    await broker.start()
    await broker.declare([everything])
    consumer = await broker.subscribe(everything, listen, parking=Nowhere())
    try:
        office.mailbox.write_text("a file where the directory should be")
        lead = office.contact()
        event = await office.create(lead)

        async def is_parked() -> list[dict[str, Any]]:
            await office.execute("UPDATE deliveries SET next_attempt_at = now()")
            return await office.deliveries(status="parked")

        [parked] = await eventually(is_parked)
        assert parked["attempts"] == 2
        failed = await eventually(
            lambda: [one.data for one in told if isinstance(one.data, NotificationFailed)]
        )
        assert [(one.event_id, one.lead_id, one.attempts) for one in failed] == [
            (str(event.id), lead.id, 2)
        ]
        assert lead.email not in failed[0].reason
    finally:
        await consumer.stop()
        await broker.stop()


async def test_an_email_that_can_never_be_composed_is_parked_at_once(office: "Office") -> None:
    await office.create(office.contact(email="two\nlines@example.org"))

    async def parked() -> list[dict[str, Any]]:
        return await office.deliveries(status="parked")

    [one] = await eventually(parked)
    assert (one["kind"], one["attempts"]) == ("acknowledgement", 1)
    assert "lines@example.org" not in one["last_error"]


@pytest.mark.parametrize(
    "weird", ["=?x?q??=@example.com", "=?utf-8?q?victim=40evil.org=2C?=x@example.com"]
)
async def test_a_weird_address_costs_its_own_acknowledgement_and_nothing_else(
    office: "Office", weird: str
) -> None:
    await office.create(office.contact(email=weird))
    lead = office.contact()
    await office.create(lead)
    await until_delivered(office, 3)
    [one] = await eventually(lambda: office.deliveries(status="parked"))
    assert (one["recipient"], one["attempts"]) == (weird, 1)
    assert set(emails_in(office.mailbox)) == {lead.email, "sales@example.com"}


async def test_what_a_dead_process_had_claimed_is_tried_when_its_lease_ends(
    office: "Office",
) -> None:
    lead = office.contact()
    await office.execute(
        "INSERT INTO deliveries "
        "(id, source, event_id, kind, lead_id, recipient, subject, body, attempts, "
        "next_attempt_at) "
        "VALUES ($1, 's', 'e', 'alert', $1, 'a@example.com', 'S', 'B', 1, "
        "now() + interval '1 hour')",
        lead.id,
    )
    await office.create(lead)
    await until_delivered(office, 2)
    [one] = await office.deliveries(status="pending")
    assert one["attempts"] == 1
    await office.execute("UPDATE deliveries SET next_attempt_at = now() WHERE id = $1", lead.id)
    await until_delivered(office, 3)
    assert await office.value("SELECT attempts FROM deliveries WHERE id = $1", lead.id) == 2


async def test_old_deliveries_and_emails_are_forgotten(office: "Office") -> None:
    await office.create(office.contact())
    await until_delivered(office, 2)
    await office.execute("UPDATE deliveries SET updated_at = now() - interval '31 days'")
    office.age_emails(days=31)
    await office.create(office.contact())
    await until_delivered(office, 4)
    await office.keep_house()
    assert len(await office.deliveries()) == 2
    assert len(list(office.mailbox.glob("*.eml"))) == 2


class Nowhere:
    """Takes nothing: the listener handles all."""

    async def park(self, delivery: Delivery, reason: str) -> None:
        raise AssertionError(f"{delivery.message.type} was parked: {reason}")
