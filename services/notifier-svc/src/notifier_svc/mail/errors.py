"""What sending emails can raise."""

from notifier_svc.domain.deliveries import NotDeliveredError


class EmailError(Exception):
    """Any failure of an email."""


class EmailConfigurationError(EmailError):
    """The URL of the transport is wrong; trying again will not help."""


class EmailNotSentError(EmailError, NotDeliveredError):
    """An email could not be sent."""
