"""Compose emails and hand them to a transport, which a URL chooses."""

from notifier_svc.mail.errors import EmailConfigurationError, EmailError, EmailNotSentError
from notifier_svc.mail.letters import Letter, Letters
from notifier_svc.mail.outgoing import OutgoingEmail
from notifier_svc.mail.transport import EmailTransport, transport_from_url

__all__ = [
    "EmailConfigurationError",
    "EmailError",
    "EmailNotSentError",
    "EmailTransport",
    "Letter",
    "Letters",
    "OutgoingEmail",
    "transport_from_url",
]
