"""A real SMTP server that behaves well, badly or not at all, as a test wants it."""

import asyncio
import email
import email.policy
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Any

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from leadwire.db.embedded.ports import LOOPBACK

USER = "le@d"
PASSWORD = "p@ss:w/rd"

Answer = str | Callable[[SMTP], Awaitable[str]]


class MailServer:
    """Takes emails, and answers each step as it is told to."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answers = dict(answers)
        self.taken: list[Envelope] = []
        self.logins = 0
        self.over_tls: list[bool] = []
        self.sessions = 0
        self.connections: list[SMTP] = []
        self.port = 0

    @property
    def open_connections(self) -> int:
        return sum(
            each._handler_coroutine is not None and not each._handler_coroutine.done()
            for each in self.connections
        )

    @property
    def emails(self) -> list[EmailMessage]:
        found = []
        for each in self.taken:
            assert isinstance(each.content, bytes)
            parsed = email.message_from_bytes(each.content, policy=email.policy.default)
            assert isinstance(parsed, EmailMessage)
            found.append(parsed)
        return found

    async def _answer(self, step: str, server: SMTP, usual: str) -> str:
        answer = self.answers.get(step, usual)
        return answer if isinstance(answer, str) else await answer(server)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, name: str, answers: list[str]
    ) -> list[str]:
        self.sessions += 1
        session.host_name = name
        return answers

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self._answer("MAIL", server, "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return await self._answer("RCPT", server, "250 OK")

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        answer = await self._answer("DATA", server, "250 OK")
        if answer.startswith("250"):
            self.take(server, session, envelope)
        return answer

    def take(self, server: SMTP, session: Session, envelope: Envelope) -> None:
        self.over_tls.append(session.ssl is not None)
        self.taken.append(envelope)

    async def handle_QUIT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        return await self._answer("QUIT", server, "221 Bye")

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        self.logins += 1
        assert isinstance(data, LoginPassword)
        right = data == LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)


async def hang(server: SMTP) -> str:
    await asyncio.Event().wait()
    raise AssertionError


async def drop(server: SMTP) -> str:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()
    await asyncio.Event().wait()
    raise AssertionError


@asynccontextmanager
async def serving(
    answers: Mapping[str, Answer] | None = None,
    *,
    port: int = 0,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    login: bool = False,
    clear_login: bool = False,
) -> AsyncIterator[MailServer]:
    """Run a server.

    Args:
        answers: To MAIL, RCPT, DATA and QUIT, where not the usual ones.
        port: Where it listens; 0 for any that is free.
        starttls: Offers TLS.
        tls: Asks for it from the first byte.
        login: Asks for a login.
        clear_login: Takes one without TLS too.
    """
    room = MailServer(answers or {})
    sessions = room.connections

    def session() -> SMTP:
        sessions.append(
            SMTP(
                room,
                hostname="mail.test",
                tls_context=starttls,
                authenticator=room.authenticate,
                auth_required=login and tls is None,
                auth_require_tls=tls is None
                and not clear_login,  # of TLS from the first byte aiosmtpd knows nothing
                enable_SMTPUTF8=True,
                loop=asyncio.get_running_loop(),
            )
        )
        return sessions[-1]

    server = await asyncio.get_running_loop().create_server(session, LOOPBACK, port, ssl=tls)
    room.port = server.sockets[0].getsockname()[1]
    try:
        yield room
    finally:
        server.close()
        for each in sessions:
            if isinstance(each.transport, asyncio.Transport):
                each.transport.abort()
            if each._handler_coroutine is not None:
                each._handler_coroutine.cancel()
        await asyncio.gather(
            *(each._handler_coroutine for each in sessions if each._handler_coroutine),
            return_exceptions=True,
        )
        await server.wait_closed()


def server_context(authority: trustme.CA, name: str = LOOPBACK) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context
