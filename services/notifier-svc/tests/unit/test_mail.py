"""What becomes of an email on its way, and the transport that writes files."""

import asyncio
import email
import email.policy
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import EmailPolicy
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from notifier_svc.mail import (
    EmailConfigurationError,
    EmailNotSentError,
    OutgoingEmail,
    transport_from_url,
)
from notifier_svc.mail.files import FileTransport
from notifier_svc.mail.message import ASCII, UTF8, compose


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


NOTHING_BUT_ATOMS = "abcxyz0189!#$%&'*+-/=?^_`{|}~.öß用"
SPECIALS = ' \t\r\n\x0b\x85\u2028"(),:;<>@[]\\'
ENCODED_WORD = st.sampled_from(
    [
        "=?utf-8?q?victim=40evil.org=2C?=",
        "=?utf-8?q?x=0D=0ABcc=3A_victim=40evil.org?=",
        "=?utf-8?b?dmljdGltQGV2aWwub3Js?=",
        "=?x?q??=",
    ]
)


def near_addresses() -> st.SearchStrategy[str]:
    """Texts that look like addresses, so that the parser gets far enough to stumble."""
    parts = st.lists(
        st.text(NOTHING_BUT_ATOMS, max_size=8) | st.text(SPECIALS, max_size=3) | ENCODED_WORD,
        max_size=5,
    ).map("".join)
    return st.emails() | st.tuples(parts, parts).map("@".join) | parts | st.text()


POLICIES = st.sampled_from([UTF8, ASCII])


def composed(policy: EmailPolicy = UTF8, **changes: str) -> EmailMessage | None:
    """Read what is composed as a receiver does; None if it is refused."""
    try:
        content = compose(outgoing(**changes), policy=policy)
    except EmailNotSentError:
        return None
    assert policy is UTF8 or content.isascii()
    parsed = email.message_from_string(content.decode(), policy=email.policy.SMTPUTF8)
    assert isinstance(parsed, EmailMessage)
    return parsed


def recipients_of(message: EmailMessage) -> list[tuple[str, str]]:
    """Every address that the message would go to."""
    headers = [message[name] for name in ("To", "Cc", "Bcc") if message[name]]
    return [(one.display_name, one.addr_spec) for header in headers for one in header.addresses]


@given(POLICIES, near_addresses())
@example(UTF8, "=?x?q??=@example.com")
@example(UTF8, "=?utf-8?q?victim=40evil.org=2C?=x@example.com")
@example(ASCII, "=?utf-8?q?victim=40evil.org=2C?=x@example.com")
@example(ASCII, "one@example.com, two@example.com")
@example(UTF8, "Name <one@example.com>")
@example(UTF8, "group:one@example.com;@example.com")
def test_an_email_goes_to_exactly_its_recipient_or_is_refused(
    policy: EmailPolicy, recipient: str
) -> None:
    message = composed(policy, recipient=recipient)
    if message is not None:
        assert recipients_of(message) == [("", recipient)]


@given(POLICIES, st.lists(st.text() | ENCODED_WORD, max_size=4).map("".join))
@example(UTF8, "=?utf-8?q?x=0ABcc=3A_victim=40evil.org?=")
@example(ASCII, "=?utf-8?q?x=0ABcc=3A_victim=40evil.org?=")
@example(UTF8, "=?utf-8?q?another?= subject")
def test_a_subject_is_read_as_it_was_meant_or_is_refused(policy: EmailPolicy, subject: str) -> None:
    message = composed(policy, subject=subject, recipient="ada@example.org")
    if message is not None:
        assert message["Subject"] == subject
        assert message.keys()[:3] == ["From", "To", "Subject"]
        assert recipients_of(message) == [("", "ada@example.org")]


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1)


@given(POLICIES, st.lists(WORDS.filter(lambda word: "=?" not in word), min_size=1, max_size=20))
@example(ASCII, ["ö" * 500])
@example(ASCII, ["New", "lead:", "a" * 500])
@example(ASCII, ["\u05d0" * 30, "Lovelace", "\u05d0" * 30])
@example(ASCII, ["Ada,", "Lovelace", "(née", "Byron)"] * 20)
def test_a_usual_subject_is_never_refused(policy: EmailPolicy, words: list[str]) -> None:
    subject = " ".join(words)
    message = composed(policy, subject=subject, recipient="ada@example.org")
    assert message is not None
    assert message["Subject"] == subject


@given(
    st.text(NOTHING_BUT_ATOMS, min_size=1, max_size=64).filter(lambda text: "=?" not in text),
    st.emails().map(lambda one: one.partition("@")[2]),
)
@example("o'neil+leads", "example.com")
@example("ö" * 64, f"{'b' * 60}.{'c' * 60}.{'d' * 60}.example")
def test_a_usual_address_is_never_refused(local_part: str, domain: str) -> None:
    assume(".." not in f".{local_part}.")
    assert composed(recipient=f"{local_part}@{domain}") is not None


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


@pytest.mark.parametrize("url", ["ftp://host", "file://", "file:///", "file://host/dir", "mail"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(EmailConfigurationError):
        transport_from_url(url)


def test_amazons_library_is_loaded_only_where_it_is_used() -> None:
    program = (
        "import sys, notifier_svc.app as app\n"
        "from notifier_svc.mail import transport_from_url as choose\n"
        "choose('smtp://host'), choose('sendgrid://k@host')\n"
        "assert 'botocore' not in sys.modules\n"
        "choose('ses://eu-central-1')\n"
        "assert 'botocore' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
