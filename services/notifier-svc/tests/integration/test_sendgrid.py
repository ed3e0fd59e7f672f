"""Emails by SendGrid's HTTP API, against a server that answers as SendGrid documents it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp import web
from aiohttp.test_utils import TestServer

from leadwire.db.embedded.ports import LOOPBACK, free_port
from notifier_svc.mail import (
    EmailConfigurationError,
    EmailNotSentError,
    EmailServiceError,
    OutgoingEmail,
    TransportOptions,
    transport_from_url,
)

ADDRESS = "ada@example.org"
KEY = "SG.kEy-_1.x"


class SendGrid:
    """Takes emails, or answers what it is told to.

    Attributes:
        taken: What it was asked to send.
        answer: Status, headers and body, in place of 202.
        hangs: Whether it never answers.
    """

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.answer: tuple[int, dict[str, str], Any] | None = None
        self.hangs = False

    async def send(self, request: web.Request) -> web.Response:
        if self.hangs:
            await asyncio.Event().wait()
        if self.answer is not None:
            status, headers, body = self.answer
            return web.json_response(body, status=status, headers=headers)
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return web.json_response({"errors": [{"message": "bad key"}]}, status=401)
        self.taken.append(await request.json())
        return web.Response(status=202, headers={"X-Message-Id": "14c5d75ce93"})


async def serve(sendgrid: SendGrid, context: ssl.SSLContext | None = None) -> TestServer:
    app = web.Application()
    app.router.add_post("/v3/mail/send", sendgrid.send)
    server = TestServer(app, host=LOOPBACK)
    await server.start_server(ssl=context)
    return server


@pytest.fixture
def sendgrid() -> SendGrid:
    return SendGrid()


@pytest.fixture
async def url(sendgrid: SendGrid) -> AsyncIterator[str]:
    server = await serve(sendgrid)
    yield f"sendgrid://{KEY}@{LOOPBACK}:{server.port}?tls=off"
    await server.close()


def outgoing(**changes: str) -> OutgoingEmail:
    fields: dict[str, Any] = {
        "key": "e1.acknowledgement",
        "sender": "Leadwire <leads@example.com>",
        "recipient": ADDRESS,
        "subject": "Grüße",
        "text": "Zeile\n",
        "html": "<p>Zeile</p>",
        "created_at": datetime(2026, 3, 2, 9, 15, 30, tzinfo=UTC),
    }
    return OutgoingEmail(**(fields | changes))


async def send(url: str, email: OutgoingEmail | None = None, **options: Any) -> None:
    await transport_from_url(url, TransportOptions(**options)).send(email or outgoing())


async def failure(
    url: str, email: OutgoingEmail | None = None, **options: Any
) -> EmailNotSentError:
    with pytest.raises(EmailNotSentError) as caught:
        await send(url, email, **options)
    assert ADDRESS not in str(caught.value)
    assert KEY not in str(caught.value)
    return caught.value


async def test_an_email_is_handed_over_whole(sendgrid: SendGrid, url: str) -> None:
    await send(url, outgoing(reply_to="Büro <office@example.com>"))
    assert sendgrid.taken == [
        {
            "personalizations": [{"to": [{"email": ADDRESS}]}],
            "from": {"email": "leads@example.com", "name": "Leadwire"},
            "reply_to": {"email": "office@example.com", "name": "Büro"},
            "subject": "Grüße",
            "content": [
                {"type": "text/plain", "value": "Zeile\n"},
                {"type": "text/html", "value": "<p>Zeile</p>"},
            ],
            "headers": {
                "Message-ID": "<e1.acknowledgement@example.com>",
                "Auto-Submitted": "auto-generated",
                "X-Auto-Response-Suppress": "All",
            },
            "tracking_settings": {
                "click_tracking": {"enable": False},
                "open_tracking": {"enable": False},
            },
        }
    ]


async def test_the_key_may_stand_in_a_file(sendgrid: SendGrid, url: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    await send(url.replace(f"{KEY}@", "") + f"&key_file={tmp_path}/key")
    assert len(sendgrid.taken) == 1


@pytest.mark.parametrize(
    ("status", "field", "permanent", "service"),
    [
        (400, "personalizations.0.to.0.email", True, False),
        (400, f"{ADDRESS} <b>", True, False),
        (400, None, True, False),
        (400, "from.email", False, True),
        (401, None, False, True),
        (403, "from", False, True),
        (404, None, False, True),
        (413, None, True, False),
        (429, None, False, True),
        (500, None, False, True),
        (503, None, False, True),
    ],
)
async def test_an_answer_is_about_the_email_or_the_service(
    sendgrid: SendGrid, url: str, status: int, field: str | None, permanent: bool, service: bool
) -> None:
    body = {"errors": [{"message": f"{ADDRESS} is wrong", "field": field, "help": None}]}
    sendgrid.answer = (status, {}, body)
    error = await failure(url)
    assert (error.permanent, isinstance(error, EmailServiceError)) == (permanent, service)
    assert str(status) in str(error)


@pytest.mark.parametrize("body", [[], {"errors": []}, {"errors": [7]}, "x" * 1_000_000])
async def test_an_answer_that_nobody_understands_does_no_harm(
    sendgrid: SendGrid, url: str, body: Any
) -> None:
    sendgrid.answer = (400, {}, body)
    assert (await failure(url)).permanent


@pytest.mark.parametrize(
    ("header", "wait"),
    [("120", timedelta(seconds=120)), ("99999", timedelta(days=1)), ("soon", None), ("-1", None)],
)
async def test_too_many_requests_say_how_long_to_wait(
    sendgrid: SendGrid, url: str, header: str, wait: timedelta | None
) -> None:
    sendgrid.answer = (429, {"Retry-After": header}, {})
    assert (await failure(url)).retry_after == wait


async def test_a_redirect_is_not_followed(sendgrid: SendGrid, url: str) -> None:
    sendgrid.answer = (307, {"Location": f"http://{LOOPBACK}:1/v3/mail/send"}, {})
    assert str(await failure(url)) == "SendGrid answered 307"


async def test_a_server_that_hangs_is_left_in_time(sendgrid: SendGrid, url: str) -> None:
    sendgrid.hangs = True
    error = await failure(url, send_within=0.5)
    assert isinstance(error, EmailServiceError)
    assert str(error) == "SendGrid answers too slowly"


async def test_a_server_that_is_away_is_the_services_failure() -> None:
    error = await failure(f"sendgrid://{KEY}@{LOOPBACK}:{free_port()}")
    assert isinstance(error, EmailServiceError)


async def test_its_certificate_is_verified(sendgrid: SendGrid, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(LOOPBACK).configure_cert(context)
    server = await serve(sendgrid, context)
    try:
        url = f"sendgrid://{KEY}@{LOOPBACK}:{server.port}"
        error = await failure(url)
        assert isinstance(error, EmailServiceError)
        assert str(error).endswith("its certificate is not trusted")
        await send(url, ca_file=tmp_path / "ca.pem")
    finally:
        await server.close()
    assert len(sendgrid.taken) == 1


@pytest.mark.parametrize(
    "recipient",
    ["björn@example.org", "a@example.org, b@example.org", "=?utf-8?q?v=40evil.org=2C?=x@e.org"],
)
async def test_what_could_not_stand_in_a_header_is_not_even_asked_for(
    sendgrid: SendGrid, url: str, recipient: str
) -> None:
    assert (await failure(url, outgoing(recipient=recipient))).permanent
    assert sendgrid.taken == []


@pytest.mark.parametrize(
    "url",
    [
        "sendgrid://",
        "sendgrid://api.sendgrid.com",
        "sendgrid://k:5ecret@api.sendgrid.com",
        "sendgrid://k%0a5ecret@api.sendgrid.com",
        "sendgrid://k@api.sendgrid.com/v3/mail/send",
        "sendgrid://k@api.sendgrid.com?tls=maybe",
    ],
)
def test_a_url_that_cannot_be_meant_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(EmailConfigurationError) as caught:
        transport_from_url(url)
    assert "5ecret" not in str(caught.value)
