"""What a service has to say again."""

from typing import Protocol
from uuid import UUID

from leadwire.db import Connection


class Part(Protocol):
    """One kind of things that a service says again, in the order of their ids."""

    @property
    def name(self) -> str:
        """What the progress calls it; unique within the service."""
        ...

    async def total(self, connection: Connection) -> int:
        """Count them, about."""
        ...

    async def last(self, connection: Connection) -> UUID | None:
        """Return the greatest id now; None if there is none.

        What comes later, with a greater id, announces itself.
        """
        ...

    async def say(
        self, connection: Connection, *, after: UUID, up_to: UUID, limit: int
    ) -> list[UUID]:
        """Add events about the next ones to the outbox, each with the `rev` that it has.

        Args:
            connection: The transaction of the batch.
            after: The last id that was said.
            up_to: The last id to say.
            limit: Most of them.

        Returns:
            The ids of those that were said, ascending; fewer than `limit` if these are the last.
        """
        ...
