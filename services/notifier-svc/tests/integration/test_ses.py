"""Emails by Amazon SES, against moto's server."""

import asyncio
import email
import email.policy
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiobotocore.session import get_session  # type: ignore[import-untyped]
from aiohttp import web
from aiohttp.test_utils import TestServer

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
CREDENTIALS = "AKIAIOSFODNN7:wJalr%2FXUtnFEMI"


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", LOOPBACK, "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield f"http://{LOOPBACK}:{port}"
    server.kill()
    server.wait()


@pytest.fixture
async def endpoint(moto: str) -> str:
    """Return the address of SES, where leads@example.com may send."""
    async with aiohttp.ClientSession() as session:

        async def is_up() -> bool:
            try:
                async with session.post(f"{moto}/moto-api/reset") as response:
                    return response.status == 200
            except aiohttp.ClientConnectionError:
                return False

        await eventually(is_up, message="moto answers", within=60.0)
    async with get_session().create_client(
        "sesv2",
        region_name="eu-central-1",
        endpoint_url=moto,
        aws_access_key_id="AKIAIOSFODNN7",
        aws_secret_access_key="wJalr/XUtnFEMI",
    ) as client:
        await client.create_email_identity(EmailIdentity="leads@example.com")
    return moto


def outgoing(**changes: str) -> OutgoingEmail:
    fields: dict[str, Any] = {
        "key": "e1.acknowledgement",
        "sender": "Leadwire für alle <leads@example.com>",
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
    assert "XUtnFEMI" not in str(caught.value)
    return caught.value


async def sent_by(moto: str) -> list[dict[str, Any]]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{moto}/moto-api/data.json") as response,
    ):
        data = await response.json(content_type=None)
    found: list[dict[str, Any]] = data.get("ses", {}).get("RawMessage", [])
    return found


async def test_an_email_is_handed_over_whole(endpoint: str) -> None:
    await send(f"ses://{CREDENTIALS}@eu-central-1?endpoint={endpoint}")
    [message] = await sent_by(endpoint)
    assert ADDRESS in message["destinations"]
    found = email.message_from_string(message["raw_data"], policy=email.policy.default)
    assert found["Subject"] == "Grüße"
    assert found["Message-ID"] == "<e1.acknowledgement@example.com>"
    assert found["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in found.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert message["raw_data"].isascii()


async def test_credentials_are_looked_for_where_aws_programs_look(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalr/XUtnFEMI")
    await send(f"ses://eu-central-1?endpoint={endpoint}")
    assert len(await sent_by(endpoint)) == 1


async def test_a_message_that_is_rejected_is_the_emails_own(endpoint: str) -> None:
    nobody = outgoing(sender="nobody@example.net")
    error = await failure(f"ses://{CREDENTIALS}@eu-central-1?endpoint={endpoint}", nobody)
    assert (str(error), error.permanent) == ("SES answered MessageRejected", True)


async def test_no_log_of_its_library_has_the_email(
    endpoint: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await send(f"ses://{CREDENTIALS}@eu-central-1?endpoint={endpoint}")
    assert ADDRESS not in caplog.text
    assert "XUtnFEMI" not in caplog.text
    assert "leads@example.com" not in caplog.text


@pytest.fixture
async def answering(answer: tuple[int, str, str]) -> AsyncIterator[str]:
    """Run a server that answers what moto cannot be brought to."""

    async def refuse(_: web.Request) -> web.Response:
        status, code, message = answer
        return web.json_response(
            {"message": message}, status=status, headers={"x-amzn-ErrorType": code}
        )

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", refuse)
    server = TestServer(app, host=LOOPBACK)
    await server.start_server()
    yield f"http://{LOOPBACK}:{server.port}"
    await server.close()


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [
        ((400, "BadRequestException", f"{ADDRESS} is wrong"), True),
        ((400, "MessageRejected", "Email address is not verified. " + ADDRESS), False),
        ((400, "MailFromDomainNotVerifiedException", ""), False),
        ((400, "AccountSuspendedException", ""), False),
        ((400, "SendingPausedException", ""), False),
        ((403, "InvalidClientTokenId", "XUtnFEMI"), False),
        ((403, "SignatureDoesNotMatch", "XUtnFEMI"), False),
        ((429, "TooManyRequestsException", ""), False),
        ((500, "", ""), False),
        ((503, "<b>", ADDRESS), False),
    ],
)
async def test_an_error_is_about_the_email_or_the_service(answering: str, permanent: bool) -> None:
    error = await failure(f"ses://{CREDENTIALS}@eu-central-1?endpoint={answering}")
    assert (error.permanent, isinstance(error, EmailServiceError)) == (permanent, not permanent)


async def test_a_service_that_is_away_is_told_as_such() -> None:
    url = f"ses://{CREDENTIALS}@eu-central-1?endpoint=http://{LOOPBACK}:{free_port()}"
    error = await failure(url)
    assert isinstance(error, EmailServiceError)
    assert str(error) == "SES cannot be reached: EndpointConnectionError"


async def test_a_service_that_hangs_is_left_in_time() -> None:
    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await left.wait()
        writer.close()

    left = asyncio.Event()
    server = await asyncio.start_server(hang, LOOPBACK, 0)
    endpoint = f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
    try:
        url = f"ses://{CREDENTIALS}@eu-central-1?endpoint={endpoint}"
        error = await failure(url, send_within=1.0)
    finally:
        left.set()
        server.close()
    assert isinstance(error, EmailServiceError)


@pytest.mark.parametrize(
    "url",
    [
        "ses://",
        "ses://somewhere",
        "ses://KEY@eu-central-1",
        "ses://KEY:XUtn@FEMI@eu-central-1:7",
        "ses://eu-central-1?endpoint=ftp://x",
        "ses://eu-central-1?region=x",
    ],
)
def test_a_url_that_cannot_be_meant_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(EmailConfigurationError) as caught:
        transport_from_url(url)
    assert "XUtn" not in str(caught.value)
