"""What sending emails can raise."""

from notifier_svc.domain.deliveries import NotDeliveredError


class EmailError(Exception):
    """Any failure of an email."""


class EmailConfigurationError(EmailError):
    """A setting about emails is wrong; trying again will not help."""


class EmailNotSentError(EmailError, NotDeliveredError):
    """An email could not be sent; others may."""


class EmailServiceError(EmailNotSentError):
    """Whoever sends emails is away, or takes none from us: no email would fare better now.

    That includes what an operator has to mend, as a wrong password or certificate. It never
    is permanent: emails wait for it.
    """
