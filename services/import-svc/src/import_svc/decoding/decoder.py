"""What every decoder does."""

from typing import Protocol

from import_svc.domain.rows import RawRow


class RowDecoder(Protocol):
    """Turns blocks of bytes, cut anywhere, into rows."""

    def feed(self, block: bytes) -> list[RawRow]:
        """Take the next block; return the rows that are whole now, in order.

        Raises:
            UnreadableInputError: The input breaks in this block.
        """
        ...

    def finish(self) -> list[RawRow]:
        """Say that no block follows; return the last rows.

        Raises:
            UnreadableInputError: The input ends where it must not.
        """
        ...
