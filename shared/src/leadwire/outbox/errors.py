"""What a consumer's reader can raise, and what keeps a process from publishing."""

from collections.abc import Sequence


class UnreadableError(Exception):
    """A message cannot be read, and trying again will not change that.

    Its text becomes the reason of the parked event, so it must bear no personal data.
    """


class ServedElsewhereError(Exception):
    """Others serve the schema with another broker, or may be about to go on with that.

    Args:
        addresses: Where they are, as the database sees them; empty if the database has just
            started, and nobody can tell yet.
    """

    code = "schema_served_with_another_broker"

    def __init__(self, addresses: Sequence[str]) -> None:
        self.addresses = list(addresses)
        found = (
            f"others serve this schema with another broker (they are at {', '.join(addresses)})"
            if addresses
            else "the database has just started, and others served this schema with another broker"
        )
        super().__init__(
            f"{self.code}: {found}: events would go to either. Another installation needs a "
            "database of its own; to move this one to another broker, stop all its replicas "
            "first. If it is their broker, which has lost its data: run `topology`, and within a "
            "minute they notice"
        )


class UnmarkedBrokerError(Exception):
    """The schema has left no mark at the broker at hand."""
