"""What sending emails can raise."""


class EmailError(Exception):
    """Any failure of an email."""


class EmailConfigurationError(EmailError):
    """The URL of the transport is wrong; trying again will not help."""


class EmailNotSentError(EmailError):
    """An email could not be sent.

    Args:
        reason: Why, without personal data: it is logged, stored and published.
        permanent: True if the same email will fail for ever.
    """

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.permanent = permanent
