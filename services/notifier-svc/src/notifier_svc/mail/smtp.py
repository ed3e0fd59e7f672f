"""Send emails by SMTP, each over a connection of its own.

What a refusal means depends on the step. Until the sender is accepted nothing was said about
this email in particular: the server, the login or our own settings are wrong, and no other
email would fare better. From the recipient on a refusal is this email's: 5xx for ever, 4xx for
now (a full mailbox, greylisting). Three answers are never an email's: 421, with which a server
takes its leave at any step, and 530 and 535, which ask for a login.

Of the answers only the numbers are told on: their words often quote the address.

Between the last dot and the 250 nobody can know whether the server took the email. It is then
sent again, with the same `Message-ID`: it may arrive twice, and never gets lost.
"""

import asyncio
import contextlib
import re
import ssl
from collections.abc import Iterator
from typing import Final, Self

import aiosmtplib
from aiosmtplib.errors import SMTPException, SMTPResponseException

from notifier_svc.mail.addresses import address_of, in_ascii, to_ascii_recipient
from notifier_svc.mail.errors import (
    EmailConfigurationError,
    EmailNotSentError,
    EmailServiceError,
)
from notifier_svc.mail.message import ASCII, UTF8, compose
from notifier_svc.mail.outgoing import OutgoingEmail
from notifier_svc.mail.transport import KeepsNothing, TransportOptions
from notifier_svc.mail.urls import ServiceUrl, read_secret, tls_context

_PORT: Final = 587
_TLS_PORT: Final = 465
_STARTTLS: Final = {"required": True, "offered": None, "never": False}
_GOODBYE_S: Final = 1.0
_ABOUT_THE_SERVICE: Final = frozenset({421, 530, 535})
_ENHANCED_CODE: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")


class SmtpTransport(KeepsNothing):
    """Hands emails to one SMTP server.

    Args:
        host: Of the server; its certificate must bear this name.
        port: Of the server.
        use_tls: TLS from the first byte.
        start_tls: Ask for TLS: True must, None if the server offers it, False never.
        login: User and password, if the server asks for them.
        options: Time limits and authorities.

    Raises:
        EmailConfigurationError: The file of authorities cannot be read.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        use_tls: bool,
        start_tls: bool | None,
        login: tuple[str, str] | None,
        options: TransportOptions,
    ) -> None:
        self._host = host
        self._port = port
        self._use_tls = use_tls
        self._start_tls = start_tls
        self._login = login
        self._options = options
        self._tls_context = tls_context(options.ca_file)

    @classmethod
    def from_url(cls, url: str, options: TransportOptions) -> Self:
        """Read `smtp://user:password@host:port?starttls=...` or `smtps://...`.

        Raises:
            EmailConfigurationError: It is none.
        """
        address = ServiceUrl.parse(url, options={"starttls", "password_file"})
        if address.host is None:
            raise EmailConfigurationError("it must name a host, as in smtp://mail.example.com")
        use_tls = address.scheme == "smtps"
        login = _login(address)
        return cls(
            host=address.host,
            port=address.port or (_TLS_PORT if use_tls else _PORT),
            use_tls=use_tls,
            start_tls=False if use_tls else _start_tls(address, has_login=login is not None),
            login=login,
            options=options,
        )

    async def send(self, email: OutgoingEmail) -> None:
        """Send an email; return when the server has taken it.

        Raises:
            EmailNotSentError: It has not, or nobody can know.
        """
        client = self._client()
        try:
            async with asyncio.timeout(self._options.send_within - _GOODBYE_S):
                await self._open(client)
                await self._hand_over(client, email)
            await _say_goodbye(client)
        except TimeoutError:
            raise EmailServiceError("the server answers too slowly") from None
        finally:
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            use_tls=self._use_tls,
            start_tls=False,  # a step of its own: so one is told which of them failed
            tls_context=self._tls_context,
            timeout=self._options.answer_within,
        )

    async def _open(self, client: aiosmtplib.SMTP) -> None:
        with _failures_of("connection"):
            await client.connect()
            await client.ehlo()
        if self._start_tls or (self._start_tls is None and client.supports_extension("starttls")):
            if not client.supports_extension("starttls"):
                raise EmailServiceError("TLS failed: the server does not offer it")
            with _failures_of("TLS"):
                await client.starttls()
                await client.ehlo()
        if self._login is not None:
            if not client.supports_extension("auth"):
                raise EmailServiceError("login failed: the server takes none")
            with _failures_of("login"):
                await client.login(*self._login)

    async def _hand_over(self, client: aiosmtplib.SMTP, email: OutgoingEmail) -> None:
        content, recipient, parameters = _wire_form(client, email)
        encoding = "utf-8" if parameters else "ascii"
        with _failures_of("sender"):
            sender = address_of(email.sender)
            await client.mail(sender, options=parameters, encoding=encoding)
        with _failures_of("recipient", own=True):
            await client.rcpt(recipient, encoding=encoding)
        with _failures_of("email", own=True):
            # What became of it is worth the whole wait: without the answer it is sent again.
            await client.data(content, timeout=None)


def _start_tls(address: ServiceUrl, *, has_login: bool) -> bool | None:
    """Say how to ask for TLS; a password is not sent in the clear unless that is asked for."""
    given = address.options.get("starttls", "required" if has_login else "offered")
    if given not in _STARTTLS:
        raise EmailConfigurationError(f"starttls must be one of {', '.join(_STARTTLS)}")
    return _STARTTLS[given]


def _login(address: ServiceUrl) -> tuple[str, str] | None:
    password = address.password
    if "password_file" in address.options:
        password = read_secret(address.options["password_file"])
    if (address.user is None) != (password is None):
        raise EmailConfigurationError("it has a user without a password, or the reverse")
    return None if address.user is None or password is None else (address.user, password)


def _wire_form(client: aiosmtplib.SMTP, email: OutgoingEmail) -> tuple[bytes, str, list[str]]:
    """Return content, recipient and parameters: in ASCII, unless only UTF-8 has the address."""
    if in_ascii(email.recipient) is None and client.supports_extension("smtputf8"):
        return compose(email, policy=UTF8), email.recipient, ["SMTPUTF8", "BODY=8BITMIME"]
    email = to_ascii_recipient(email)
    return compose(email, policy=ASCII), email.recipient, []


async def _say_goodbye(client: aiosmtplib.SMTP) -> None:
    """Take leave as one should; the email is in other hands, whatever comes of it."""
    with contextlib.suppress(SMTPException, OSError):
        await client.quit(timeout=_GOODBYE_S)


@contextlib.contextmanager
def _failures_of(step: str, *, own: bool = False) -> Iterator[None]:
    """Tell what went wrong in a step.

    Args:
        step: Its name.
        own: Whether a refusal is the email's own.

    Raises:
        EmailNotSentError: The email was refused.
        EmailServiceError: It would fare no better than others.
    """
    try:
        yield
    except SMTPResponseException as error:
        reason = f"{step} refused: {_numbers(error)}"
        if own and error.code not in _ABOUT_THE_SERVICE and 400 <= error.code < 600:
            raise EmailNotSentError(reason, permanent=error.code >= 500) from None
        raise EmailServiceError(reason) from None
    except (SMTPException, OSError) as error:
        raise EmailServiceError(f"{step} failed: {_kind(error)}") from None
    except ValueError:
        reason = f"{step} cannot be said in SMTP"
        raise (
            EmailNotSentError(reason, permanent=True) if own else EmailServiceError(reason)
        ) from None


def _numbers(error: SMTPResponseException) -> str:
    enhanced = _ENHANCED_CODE.match(error.message)
    return f"{error.code} {enhanced.group()}" if enhanced else str(error.code)


def _kind(error: BaseException) -> str:
    """Name the innermost cause, and what is wrong with a certificate."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {error.verify_message}"
    return type(error).__name__ if error.__cause__ is None else _kind(error.__cause__)
