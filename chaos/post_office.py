"""A mail server that remembers what it has taken, in this process and on a port that stays."""

import asyncio
import email
from collections import Counter
from typing import Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from leadwire.db.embedded.ports import LOOPBACK, free_port

_FOR_EVER: Final = 3600.0


class MailServer:
    """Takes every email, until it is stopped.

    Attributes:
        copies: How often each email was taken, by its `Message-ID` without the domain.
        drops: Whether it takes an email and then drops the connection instead of an answer.
        url: Where it listens, in the words of notifier-svc.
    """

    def __init__(self) -> None:
        self._port = free_port()
        self._server: asyncio.Server | None = None
        self._sessions: list[SMTP] = []
        self.copies: Counter[str] = Counter()
        self.drops = False
        self.url = f"smtp://{LOOPBACK}:{self._port}?starttls=never"

    async def start(self) -> None:
        """Listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, LOOPBACK, self._port)

    async def stop(self) -> None:
        """Listen no more, and drop what is under way."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for each in self._sessions:
            _abort(each)
        self._sessions.clear()

    def sent(self) -> Counter[tuple[str, str]]:
        """Return how many emails there are about each lead, by its id and their kind.

        One that came again, as the same, is one.
        """
        about = (each.split(".") for each in self.copies)
        return Counter((lead, kind) for _event, lead, kind in about)

    @property
    def repeated(self) -> int:
        """How many copies came of emails that were there."""
        return self.copies.total() - len(self.copies)

    async def handle_DATA(  # noqa: N802 - aiosmtpd's
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take an email."""
        message = email.message_from_bytes(envelope.original_content or b"")
        self.copies[str(message["Message-ID"]).strip("<> ").rpartition("@")[0]] += 1
        if self.drops:
            _abort(server)
            await asyncio.sleep(_FOR_EVER)  # the end of the connection ends it
        return "250 OK"

    def _session(self) -> SMTP:
        session = SMTP(self, hostname="mail.test", loop=asyncio.get_running_loop())
        self._sessions.append(session)
        return session


def _abort(session: SMTP) -> None:
    if isinstance(session.transport, asyncio.Transport):
        session.transport.abort()
