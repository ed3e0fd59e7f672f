"""How a pool of connections is used, counted where they are lent."""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class PoolUse:
    """How a pool is used.

    Attributes:
        most: Connections that it may have.
        lent: Connections that somebody works with now.
        waiting: How many want one now.
        refused: How many got none in time, since the start.
    """

    most: int
    lent: int = 0
    waiting: int = 0
    refused: int = 0
