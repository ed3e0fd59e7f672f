"""Send emails by SendGrid's HTTP API, `POST /v3/mail/send`.

400 and 413 are answers about this email, and final; unless it is `from` or `reply_to` that
they find wrong, which is in all. Everything else is about the service or our account: 401 and
403 (the key), 404 and redirects (the address), 429 (too many), 5xx.

SendGrid does not recognise a repetition: an answer that is lost makes the email arrive twice,
with the same `Message-ID`.
"""

import json
from datetime import timedelta
from email.utils import parseaddr
from typing import Any, Final, Self

import aiohttp
from yarl import URL

from notifier_svc.mail.addresses import to_ascii_recipient
from notifier_svc.mail.errors import (
    EmailConfigurationError,
    EmailNotSentError,
    EmailServiceError,
)
from notifier_svc.mail.message import ASCII, HEADERS_OF_AUTOMATA, compose, message_id
from notifier_svc.mail.outgoing import OutgoingEmail
from notifier_svc.mail.transport import KeepsNothing, TransportOptions
from notifier_svc.mail.urls import ServiceUrl, read_secret, tls_context

_HOST: Final = "api.sendgrid.com"
_MOST_OF_AN_ANSWER: Final = 65_536
_IN_ALL: Final = ("from", "reply_to")
_NO_TRACKING: Final = {"click_tracking": {"enable": False}, "open_tracking": {"enable": False}}


class SendGridTransport(KeepsNothing):
    """Hands emails to SendGrid.

    Args:
        url: Of the operation.
        key: API key with the right to send.
        options: Time limits and authorities.

    Raises:
        EmailConfigurationError: The file of authorities cannot be read.
    """

    def __init__(self, *, url: URL, key: str, options: TransportOptions) -> None:
        self._url = url
        self._key = key
        self._timeout = aiohttp.ClientTimeout(
            total=options.send_within, sock_connect=options.answer_within
        )
        self._tls_context = tls_context(options.ca_file)

    @classmethod
    def from_url(cls, url: str, options: TransportOptions) -> Self:
        """Read `sendgrid://KEY@host` or `sendgrid://host?key_file=/some/file`.

        Raises:
            EmailConfigurationError: It is none.
        """
        address = ServiceUrl.parse(url, options={"key_file", "tls"})
        key = address.user
        if "key_file" in address.options:
            key = read_secret(address.options["key_file"])
        if (
            key is None
            or address.password is not None
            or not key.isascii()
            or not key.isprintable()
        ):
            raise EmailConfigurationError(
                "it must bear the key, as in sendgrid://KEY@api.sendgrid.com, or ?key_file="
            )
        if address.options.get("tls", "on") not in {"on", "off"}:
            raise EmailConfigurationError("tls must be on or off")
        operation = URL.build(
            scheme="http" if address.options.get("tls") == "off" else "https",
            host=address.host or _HOST,
            port=address.port,
            path="/v3/mail/send",
        )
        return cls(url=operation, key=key, options=options)

    async def send(self, email: OutgoingEmail) -> None:
        """Send an email; return when SendGrid has queued it.

        Raises:
            EmailNotSentError: It has not, or nobody can know.
        """
        request = _request(to_ascii_recipient(email))
        try:
            async with (
                aiohttp.ClientSession(timeout=self._timeout) as session,
                session.post(
                    self._url,
                    json=request,
                    headers={"Authorization": f"Bearer {self._key}"},
                    ssl=self._tls_context,
                    allow_redirects=False,
                ) as response,
            ):
                if response.status not in {200, 202}:
                    raise await _refusal(response)
        except TimeoutError:  # before ClientError: some are both
            raise EmailServiceError("SendGrid answers too slowly") from None
        except (aiohttp.ClientError, OSError) as error:
            raise EmailServiceError(f"SendGrid cannot be reached: {_kind(error)}") from None


def _request(email: OutgoingEmail) -> dict[str, Any]:
    # SendGrid writes the headers itself. What could not stand in one is refused all the same.
    compose(email, policy=ASCII)
    request: dict[str, Any] = {
        "personalizations": [{"to": [{"email": email.recipient}]}],
        "from": _mailbox(email.sender),
        "subject": email.subject,
        "content": [{"type": "text/plain", "value": email.text}],
        "headers": {"Message-ID": message_id(email), **HEADERS_OF_AUTOMATA},
        "tracking_settings": _NO_TRACKING,
    }
    if email.html is not None:
        request["content"].append({"type": "text/html", "value": email.html})
    if email.reply_to is not None:
        request["reply_to"] = _mailbox(email.reply_to)
    return request


def _mailbox(mailbox: str) -> dict[str, str]:
    name, address = parseaddr(mailbox)
    return {"email": address, "name": name} if name else {"email": address}


async def _refusal(response: aiohttp.ClientResponse) -> EmailNotSentError:
    reason = f"SendGrid answered {response.status}"
    if response.status not in {400, 413}:
        return EmailServiceError(reason, retry_after=_retry_after(response))
    field = _field_at_fault(await response.content.read(_MOST_OF_AN_ANSWER))
    if field is None:
        return EmailNotSentError(reason, permanent=True)
    reason = f"{reason} about {field}"
    if field.startswith(_IN_ALL):
        return EmailServiceError(reason)
    return EmailNotSentError(reason, permanent=True)


def _field_at_fault(answer: bytes) -> str | None:
    """Return the name of the first field that the answer finds wrong; its text is not shown."""
    try:
        field = json.loads(answer)["errors"][0]["field"]
    except (ValueError, LookupError, TypeError):
        return None
    if not isinstance(field, str) or not field.replace(".", "").replace("_", "").isalnum():
        return None
    return field[:100]


def _retry_after(response: aiohttp.ClientResponse) -> timedelta | None:
    """Return what `Retry-After` asks for, if it is in seconds and at most a day."""
    text = response.headers.get("Retry-After", "")
    if not (text.isascii() and text.isdecimal() and len(text) <= 5):
        return None
    return timedelta(seconds=min(int(text), 86_400))


def _kind(error: BaseException) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "its certificate is not trusted"
    return type(error).__name__
