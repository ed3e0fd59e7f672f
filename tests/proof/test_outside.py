"""Those whom notifier-svc writes to in a run: what they say they got is what they got."""

import asyncio
import json
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import aiohttp
import aiosmtplib
import pytest
from standardwebhooks import Webhook

from chaos.endpoint import Endpoint, Manner
from chaos.post_office import MailServer

EVENT = {"source": "leadwire/manager-svc", "id": "event-1", "type": "manager_added", "data": {}}
KEY = (str(EVENT["source"]), str(EVENT["id"]))


async def post(
    endpoint: Endpoint,
    *,
    webhook_id: str = "event-1",
    secret: str | None = None,
    within: float = 60.0,
) -> int | None:
    """Send the event as notifier-svc does; return the status, or None if nothing was answered."""
    body, now = json.dumps(EVENT), datetime.now(UTC)
    headers = {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret or endpoint.secret).sign(webhook_id, now, body),
    }
    timeout = aiohttp.ClientTimeout(total=within)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        try:
            async with session.post(endpoint.url, data=body, headers=headers) as response:
                return response.status
        except (TimeoutError, aiohttp.ClientError):
            return None


async def test_an_endpoint_has_each_event_once_however_it_answers(tmp_path: Path) -> None:
    endpoint = Endpoint(tmp_path / "endpoint.db")
    assert await post(endpoint) is None
    await endpoint.start()
    endpoint.manner = Manner.FAILS
    assert await post(endpoint) == 503
    assert endpoint.heard() == set()
    endpoint.manner = Manner.HANGS
    assert await post(endpoint, within=1.0) is None
    endpoint.manner = Manner.WELL
    await endpoint.stop()
    await endpoint.start()
    assert await post(endpoint) == 204
    await endpoint.stop()
    received = endpoint.received()
    assert (received.deliveries, received.effects[KEY]) == (2, 1)


async def test_an_endpoint_takes_nothing_that_is_not_genuine(tmp_path: Path) -> None:
    endpoint = Endpoint(tmp_path / "endpoint.db")
    await endpoint.start()
    other = Endpoint(tmp_path / "other.db")
    assert await post(endpoint, secret=other.secret) == 401
    assert await post(endpoint, webhook_id="another") == 400
    await endpoint.stop()
    assert endpoint.heard() == set()


async def test_a_mail_server_tells_copies_from_emails_and_keeps_what_it_took_and_dropped() -> None:
    server = MailServer()
    await server.start()
    for event in ("event-1", "event-1", "event-2"):
        await send(server, f"{event}.lead-1.alert")
    server.drops = True
    with pytest.raises((aiosmtplib.SMTPException, ConnectionError)):
        await send(server, "event-1.lead-2.alert")
    await server.stop()
    assert server.sent() == {("lead-1", "alert"): 2, ("lead-2", "alert"): 1}
    assert server.repeated == 1


async def send(server: MailServer, key: str) -> None:
    message = EmailMessage()
    message["From"], message["To"] = "a@example.com", "b@example.com"
    message["Message-ID"] = f"<{key}@example.com>"
    host, _, port = server.url.partition("//")[2].partition("?")[0].partition(":")
    async with asyncio.timeout(10):
        await aiosmtplib.send(message, hostname=host, port=int(port), start_tls=False)
