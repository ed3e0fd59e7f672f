"""The port to whatever sends emails."""

from datetime import timedelta
from typing import Protocol
from urllib.parse import urlsplit
from urllib.request import url2pathname

from notifier_svc.mail.errors import EmailConfigurationError
from notifier_svc.mail.files import FileTransport
from notifier_svc.mail.outgoing import OutgoingEmail


class EmailTransport(Protocol):
    """Sends emails."""

    async def send(self, email: OutgoingEmail) -> None:
        """Send an email; return when it is in other hands, durably.

        Sending the same email twice is allowed, and harmless where the transport can
        tell by its key.

        Raises:
            EmailNotSentError: It was not sent.
        """
        ...

    async def forget(self, *, older_than: timedelta) -> int:
        """Delete what the transport itself has kept for longer; return how many emails."""
        ...


def transport_from_url(url: str) -> EmailTransport:
    """Return the transport that the URL's scheme names; nothing is opened yet.

    Raises:
        EmailConfigurationError: There is none, or the URL lacks something.
    """
    parts = urlsplit(url)
    if parts.scheme != "file":
        raise EmailConfigurationError("it must start with file://")
    if parts.netloc not in {"", "localhost"} or not parts.path.strip("/"):
        raise EmailConfigurationError("it must name a directory, as in file:///var/mail/leadwire")
    return FileTransport(directory=url2pathname(parts.path))
