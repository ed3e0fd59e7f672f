"""Why there is no release."""


class ReleaseError(Exception):
    """It cannot be released so; the message says what to do."""
