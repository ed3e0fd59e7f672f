"""How often, and after which waits, a delivery is tried."""

from dataclasses import dataclass
from typing import Final

AWAY_LIMIT: Final = 500
"""Attempts that an event has at least where the database begins no transaction: three days, with
the default waits. Then it is parked all the same, as it may be what the database does not take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How often a delivery is tried.

    Attributes:
        max_attempts: After this many failed attempts an event is parked; while the consumer's
            database does not answer, after `AWAY_LIMIT`.
        retry_delays: Seconds to wait after the 1st, 2nd, ... failed attempt; the last repeats.
        handler_timeout: Seconds after which a handler counts as failed, its wait for the
            database included.
    """

    max_attempts: int = 10
    retry_delays: tuple[float, ...] = (1.0, 5.0, 30.0, 120.0, 600.0)
    handler_timeout: float = 60.0

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            ValueError: A bound is not positive, or there is no delay.
        """
        if not self.retry_delays or min(self.retry_delays) <= 0:
            raise ValueError("retry_delays must be positive, and there must be one")
        if self.max_attempts < 1 or self.handler_timeout <= 0:
            raise ValueError("max_attempts and handler_timeout must be positive")

    def delay(self, *, attempt: int, asked: float | None) -> float:
        """Give the step to wait after a failed attempt."""
        if asked is None:
            return self.retry_delays[min(attempt, len(self.retry_delays)) - 1]
        steps = sorted(self.retry_delays)
        return next((step for step in steps if step >= asked), steps[-1])
