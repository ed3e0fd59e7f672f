"""Compose emails and hand them to a transport, which a URL chooses."""

from notifier_svc.mail.errors import (
    EmailConfigurationError,
    EmailError,
    EmailNotSentError,
    EmailServiceError,
)
from notifier_svc.mail.from_url import transport_from_url
from notifier_svc.mail.letters import Letter, Letters
from notifier_svc.mail.outgoing import OutgoingEmail
from notifier_svc.mail.pausing import PausingTransport
from notifier_svc.mail.transport import EmailTransport, TransportOptions

__all__ = [
    "EmailConfigurationError",
    "EmailError",
    "EmailNotSentError",
    "EmailServiceError",
    "EmailTransport",
    "Letter",
    "Letters",
    "OutgoingEmail",
    "PausingTransport",
    "TransportOptions",
    "transport_from_url",
]
