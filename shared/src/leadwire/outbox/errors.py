"""What a consumer's reader can raise."""


class UnreadableError(Exception):
    """A message cannot be read, and trying again will not change that.

    Its text becomes the reason of the parked event, so it must bear no personal data.
    """
