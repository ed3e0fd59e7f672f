"""Emails by SMTP, to a real server that behaves well, badly or not at all."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP
from mail_server import PASSWORD, Answer, drop, hang, server_context, serving

from leadwire.db.embedded.ports import LOOPBACK, free_port
from leadwire.testing import eventually
from notifier_svc.mail import (
    EmailConfigurationError,
    EmailNotSentError,
    EmailServiceError,
    OutgoingEmail,
    TransportOptions,
    transport_from_url,
)

ADDRESS = "ada@example.org"


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


def outgoing(**changes: str) -> OutgoingEmail:
    fields: dict[str, Any] = {
        "key": "e1.acknowledgement",
        "sender": "Leadwire für alle <leads@example.com>",
        "recipient": ADDRESS,
        "subject": "Grüße",
        "text": "Zeile\n.\nnoch eine\n",
        "html": "<p>Zeile</p>",
        "created_at": datetime(2026, 3, 2, 9, 15, 30, tzinfo=UTC),
    }
    return OutgoingEmail(**(fields | changes))


async def send(url: str, *, email: OutgoingEmail | None = None, **options: Any) -> None:
    limits = TransportOptions(**({"answer_within": 5.0, "send_within": 20.0} | options))
    await transport_from_url(url, limits).send(email or outgoing())


async def failure(url: str, **options: Any) -> EmailNotSentError:
    with pytest.raises(EmailNotSentError) as caught:
        await send(url, **options)
    assert ADDRESS not in str(caught.value)
    assert "p@ss" not in str(caught.value)
    return caught.value


async def test_an_email_arrives_as_it_was_meant() -> None:
    async with serving() as server:
        await send(
            f"smtp://{LOOPBACK}:{server.port}", email=outgoing(reply_to="Büro <office@example.com>")
        )
        [envelope], [found] = server.taken, server.emails
    assert (envelope.mail_from, envelope.rcpt_tos) == ("leads@example.com", [ADDRESS])
    assert found["Message-ID"] == "<e1.acknowledgement@example.com>"
    assert found["From"] == "Leadwire für alle <leads@example.com>"
    assert found["Reply-To"] == "Büro <office@example.com>"
    assert found["To"] == ADDRESS
    assert found["Subject"] == "Grüße"
    assert found["Date"].datetime == datetime(2026, 3, 2, 9, 15, 30, tzinfo=UTC)
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["X-Auto-Response-Suppress"] == "All"
    assert found.get_content_type() == "multipart/alternative"
    text, html = found.iter_parts()
    assert isinstance(text, EmailMessage)
    assert isinstance(html, EmailMessage)
    assert text.get_content().splitlines() == ["Zeile", ".", "noch eine"]
    assert html.get_content().strip() == "<p>Zeile</p>"
    assert isinstance(envelope.content, bytes)
    assert envelope.content.isascii()  # whatever the server knows


async def test_tls_is_used_where_it_is_offered(authority: trustme.CA, ca_file: Path) -> None:
    async with serving(starttls=server_context(authority)) as server:
        await send(f"smtp://{LOOPBACK}:{server.port}", ca_file=ca_file)
        await send(f"smtp://{LOOPBACK}:{server.port}?starttls=never", ca_file=ca_file)
    assert server.over_tls == [True, False]


async def test_tls_that_is_required_and_not_offered_is_missed() -> None:
    async with serving() as server:
        error = await failure(f"smtp://{LOOPBACK}:{server.port}?starttls=required")
    assert isinstance(error, EmailServiceError)
    assert str(error) == "TLS failed: the server does not offer it"
    assert server.taken == []


async def test_a_login_is_made_over_tls(
    authority: trustme.CA, ca_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    user, password = "le%40d", "p%40ss%3Aw%2Frd"
    async with serving(starttls=server_context(authority), login=True) as server:
        await send(f"smtp://{user}:{password}@{LOOPBACK}:{server.port}", ca_file=ca_file)
    async with serving(tls=server_context(authority), login=True) as tls_server:
        await send(
            f"smtps://{user}@{LOOPBACK}:{tls_server.port}?password_file={tmp_path}/password",
            ca_file=ca_file,
        )
    assert (len(server.taken), len(tls_server.taken)) == (1, 1)
    assert (server.logins, tls_server.logins) == (1, 1)


async def test_a_password_is_not_sent_in_the_clear_unless_that_is_asked_for() -> None:
    async with serving(clear_login=True) as server:
        url = f"smtp://le%40d:p%40ss%3Aw%2Frd@{LOOPBACK}:{server.port}"
        error = await failure(url)
        assert isinstance(error, EmailServiceError)
        assert (server.logins, server.taken) == (0, [])
        await send(f"{url}?starttls=never")
    assert (server.logins, len(server.taken)) == (1, 1)


async def test_a_login_that_is_refused_is_the_services_failure(
    authority: trustme.CA, ca_file: Path
) -> None:
    async with serving(starttls=server_context(authority), login=True) as server:
        error = await failure(f"smtp://le%40d:p%40ss@{LOOPBACK}:{server.port}", ca_file=ca_file)
    assert isinstance(error, EmailServiceError)
    assert str(error) == "login refused: 535 5.7.8"


async def test_a_server_that_takes_no_login_is_told_as_such() -> None:
    async with serving() as server:
        error = await failure(f"smtp://le%40d:p%40ss@{LOOPBACK}:{server.port}?starttls=never")
    assert isinstance(error, EmailServiceError)
    assert str(error) == "login failed: the server takes none"


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_certificates_are_verified(authority: trustme.CA, ca_file: Path, scheme: str) -> None:
    async def told(name: str, **options: Any) -> str:
        context = server_context(authority, name)
        how: dict[str, Any] = {"tls" if scheme == "smtps" else "starttls": context}
        async with serving(**how) as server:
            error = await failure(f"{scheme}://{LOOPBACK}:{server.port}", **options)
        assert isinstance(error, EmailServiceError)
        assert server.taken == []
        return str(error)

    assert "certificate is not trusted: unable to get local issuer" in await told(LOOPBACK)
    mismatch = await told("mail.example.com", ca_file=ca_file)
    assert "certificate is not trusted: IP address mismatch" in mismatch


@pytest.mark.parametrize(
    ("step", "answer", "permanent", "service"),
    [
        ("MAIL", "550 5.1.8 <leads@example.com> is not yours", False, True),
        ("MAIL", "451 4.3.0 later", False, True),
        ("RCPT", f"550 5.1.1 <{ADDRESS}> unknown", True, False),
        ("RCPT", f"553 {ADDRESS} is no mailbox", True, False),
        ("RCPT", f"450 4.2.0 <{ADDRESS}> greylisted", False, False),
        ("RCPT", "421 4.3.2 shutting down", False, True),
        ("RCPT", "530 5.7.0 log in first", False, True),
        ("DATA", "554 5.7.1 spam", True, False),
        ("DATA", "552 5.3.4 too large", True, False),
        ("DATA", "452 4.3.1 no space left", False, False),
        ("DATA", "421 4.7.0 too many", False, True),
        ("DATA", "nonsense", False, True),
    ],
)
async def test_a_refusal_is_the_emails_or_the_services_and_for_ever_or_not(
    step: str, answer: str, permanent: bool, service: bool
) -> None:
    async with serving({step: answer}) as server:
        error = await failure(f"smtp://{LOOPBACK}:{server.port}")
        await eventually(lambda: server.open_connections == 0)
    assert (error.permanent, isinstance(error, EmailServiceError)) == (permanent, service)
    if answer[0].isdecimal():
        code, enhanced, *_ = answer.split()
        expected = f"{code} {enhanced}" if enhanced[0] == code[0] else code
        assert str(error).endswith(f"refused: {expected}")


async def test_a_server_that_is_away_is_the_services_failure() -> None:
    error = await failure(f"smtp://{LOOPBACK}:{free_port()}")
    assert isinstance(error, EmailServiceError)
    assert str(error) == "connection failed: ConnectionRefusedError"


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("behaviour", [hang, drop])
async def test_a_server_that_hangs_or_drops_is_left_in_time(step: str, behaviour: Answer) -> None:
    async with serving({step: behaviour}) as server:
        error = await failure(
            f"smtp://{LOOPBACK}:{server.port}", answer_within=0.5, send_within=2.0
        )
    assert isinstance(error, EmailServiceError)
    assert server.taken == []


async def test_no_step_may_take_the_time_of_all() -> None:
    async with serving({"RCPT": hang}) as server:
        error = await failure(
            f"smtp://{LOOPBACK}:{server.port}", answer_within=2.0, send_within=60.0
        )
    assert str(error) == "recipient failed: no answer in time"


async def test_an_email_that_was_taken_before_its_answer_was_lost_bears_the_same_id_again() -> None:
    async def take_and_drop(smtp: SMTP) -> str:
        assert smtp.session is not None
        assert smtp.envelope is not None
        server.take(smtp, smtp.session, smtp.envelope)
        return await drop(smtp)

    async with serving({"DATA": take_and_drop}) as server:
        await failure(f"smtp://{LOOPBACK}:{server.port}")
        del server.answers["DATA"]
        await send(f"smtp://{LOOPBACK}:{server.port}")
    assert [each["Message-ID"] for each in server.emails] == [
        "<e1.acknowledgement@example.com>"
    ] * 2


@pytest.mark.parametrize("recipient", ["\x1f", "a\x1fb@example.com", "@", "", "a b@example.com"])
async def test_what_is_no_address_costs_nobody_but_itself(recipient: str) -> None:
    async with serving() as server:
        error = await failure(
            f"smtp://{LOOPBACK}:{server.port}", email=outgoing(recipient=recipient)
        )
    assert error.permanent
    assert server.taken == []


@pytest.mark.parametrize("behaviour", [hang, drop, "421 4.3.2 whatever"])
async def test_what_follows_the_last_answer_does_not_matter(behaviour: Answer) -> None:
    async with serving({"QUIT": behaviour}) as server, asyncio.timeout(30):
        await send(f"smtp://{LOOPBACK}:{server.port}")
    assert len(server.taken) == 1


@asynccontextmanager
async def talking(say: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[int]:
    """Run a server that only talks."""
    gone = asyncio.Event()

    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await say(writer)
        except ConnectionError:
            gone.set()
        finally:
            writer.close()

    server = await asyncio.start_server(talk, LOOPBACK, 0)
    yield server.sockets[0].getsockname()[1]
    await asyncio.wait_for(gone.wait(), 20.0)  # the client has hung up
    server.close()


@pytest.mark.parametrize("line", [b"220-and so on\r\n", b"x" * 1000], ids=["lines", "no line"])
async def test_a_greeting_without_end_is_not_listened_to_for_ever(line: bytes) -> None:
    async def greet(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(line)
            await writer.drain()
            await asyncio.sleep(0.01)

    async with talking(greet) as port:
        error = await failure(f"smtp://{LOOPBACK}:{port}", answer_within=1.0, send_within=3.0)
    assert isinstance(error, EmailServiceError)


async def test_an_attempt_that_is_cancelled_leaves_no_connection_behind() -> None:
    async with serving({"DATA": hang}) as server:
        sending = asyncio.create_task(send(f"smtp://{LOOPBACK}:{server.port}"))
        await eventually(lambda: server.sessions == 1)
        sending.cancel()
        await asyncio.wait([sending])
        assert sending.cancelled()


async def test_an_address_beyond_ascii_goes_where_it_is_understood() -> None:
    async with serving() as server:
        url = f"smtp://{LOOPBACK}:{server.port}"
        await send(url, email=outgoing(recipient="ada@exämple.org"))
        await send(url, email=outgoing(recipient="björn@exämple.org"))
    ascii_form, utf8_form = server.taken
    assert (ascii_form.rcpt_tos, ascii_form.smtp_utf8) == (["ada@xn--exmple-cua.org"], False)
    assert (utf8_form.rcpt_tos, utf8_form.smtp_utf8) == (["björn@exämple.org"], True)


@pytest.mark.parametrize(
    "url",
    [
        "smtp://",
        "smtp://user@host",
        "smtp://:pa55@host",
        "smtp://host:99999",
        "smtp://host?starttls=maybe",
        "smtp://host?startls=required",
        "smtp://host/path",
        "smtp://user:pa/55@host",
        "smtp://user@host?password_file=/not/there",
    ],
)
def test_a_url_that_cannot_be_meant_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(EmailConfigurationError) as caught:
        transport_from_url(url)
    assert "55" not in str(caught.value)
