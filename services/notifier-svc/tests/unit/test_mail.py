"""Letters, and the transport that writes files."""

import asyncio
import email
import email.policy
import os
import time
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from leadwire.broker import Message
from leadwire.contracts import Contact, EventType, LeadsCreated, read_event
from leadwire.contracts.samples import sample_bytes
from notifier_svc.domain.deliveries import DeliveryKind
from notifier_svc.mail import (
    EmailConfigurationError,
    EmailNotSentError,
    Letters,
    OutgoingEmail,
    transport_from_url,
)
from notifier_svc.mail.files import FileTransport


def lead() -> Contact:
    sample = Message(id="e", type="leads_created", body=sample_bytes(EventType.LEADS_CREATED))
    data = read_event(sample).data
    assert isinstance(data, LeadsCreated)
    return data.leads[1]


def outgoing(**changes: str) -> OutgoingEmail:
    fields = {
        "key": "e1.acknowledgement",
        "sender": "Leadwire <leads@example.com>",
        "recipient": "björn@example.se",
        "subject": "Grüße",
        "text": "Zeile\nnoch eine\n",
    }
    created_at = datetime(2026, 3, 2, 9, 15, 30, tzinfo=UTC)
    return OutgoingEmail(**(fields | changes), created_at=created_at)


def read(path: Path) -> EmailMessage:
    parsed = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def content_of(directory: Path) -> list[Path]:
    return list(directory.iterdir())


@pytest.mark.parametrize("kind", list(DeliveryKind), ids=str)
def test_every_kind_has_a_letter_that_names_the_lead(kind: DeliveryKind) -> None:
    letter = Letters().write(kind, lead())
    assert "Björn Ångström" in letter.text
    assert letter.subject
    assert "\n" not in letter.subject
    assert "{{" not in letter.subject + letter.text
    assert not letter.text.startswith("\n")


def test_text_is_not_escaped_as_html() -> None:
    named = lead().model_copy(update={"name": "O'Neil & <Sons>"})
    assert "O'Neil & <Sons>" in Letters().write("acknowledgement", named).text


def test_a_template_that_asks_for_what_is_not_there_fails_loudly() -> None:
    letters = Letters()
    letters._environment.loader = None
    template = letters._environment.from_string("{{ lead.shoe_size }}")
    with pytest.raises(UndefinedError):
        template.render(lead=lead())


async def test_an_email_is_written_whole_under_its_key(tmp_path: Path) -> None:
    await FileTransport(directory=tmp_path / "not" / "there").send(outgoing())
    [path] = content_of(tmp_path / "not" / "there")
    assert path.name == "e1.acknowledgement.eml"
    found = read(path)
    assert found["Message-ID"] == "<e1.acknowledgement@example.com>"
    assert found["To"] == "björn@example.se"
    assert found["Subject"] == "Grüße"
    assert found["Date"].datetime == datetime(2026, 3, 2, 9, 15, 30, tzinfo=UTC)
    assert found.get_content().splitlines() == ["Zeile", "noch eine"]


async def test_a_repetition_overwrites(tmp_path: Path) -> None:
    transport = FileTransport(directory=tmp_path)
    await asyncio.gather(*(transport.send(outgoing()) for _ in range(5)))
    await transport.send(outgoing(text="again"))
    [path] = content_of(tmp_path)
    assert read(path).get_content().strip() == "again"


@pytest.mark.parametrize("field", ["recipient", "subject"])
async def test_a_line_break_cannot_smuggle_a_header_in(tmp_path: Path, field: str) -> None:
    with pytest.raises(EmailNotSentError) as caught:
        await FileTransport(directory=tmp_path).send(
            outgoing(**{field: "a@example.com\nBcc: victim@example.com"})
        )
    assert caught.value.permanent
    assert "victim" not in str(caught.value)
    assert content_of(tmp_path) == []


async def test_a_directory_that_cannot_be_written_is_a_passing_failure(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("in the way")
    with pytest.raises(EmailNotSentError, match="FileExistsError") as caught:
        await FileTransport(directory=tmp_path / "mail").send(outgoing())
    assert not caught.value.permanent


async def test_only_old_emails_are_forgotten(tmp_path: Path) -> None:
    transport = FileTransport(directory=tmp_path)
    await transport.send(outgoing(key="old"))
    await transport.send(outgoing(key="young"))
    (tmp_path / "notes.txt").touch()
    long_ago = time.time() - 3600
    for name in ("old.eml", "notes.txt"):
        os.utime(tmp_path / name, (long_ago, long_ago))
    assert await transport.forget(older_than=timedelta(minutes=30)) == 1
    assert {path.name for path in content_of(tmp_path)} == {"young.eml", "notes.txt"}


async def test_what_a_crash_left_half_written_is_forgotten_and_what_is_being_written_stays(
    tmp_path: Path,
) -> None:
    for name in ("left.part", "being-written.part"):
        (tmp_path / name).touch()
    two_hours_ago = time.time() - 7200
    os.utime(tmp_path / "left.part", (two_hours_ago, two_hours_ago))
    assert await FileTransport(directory=tmp_path).forget(older_than=timedelta(days=30)) == 0
    assert {path.name for path in content_of(tmp_path)} == {"being-written.part"}


async def test_the_url_names_the_directory(tmp_path: Path) -> None:
    directory = tmp_path / "with space"
    await transport_from_url(directory.as_uri()).send(outgoing())
    assert [path.name for path in content_of(directory)] == ["e1.acknowledgement.eml"]


@pytest.mark.parametrize("url", ["smtp://host", "file://", "file:///", "file://host/dir", "mail"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(EmailConfigurationError):
        transport_from_url(url)
