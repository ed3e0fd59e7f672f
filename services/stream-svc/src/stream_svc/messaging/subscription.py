"""What stream-svc consumes."""

from typing import Final

from leadwire.broker import ALL_TYPES, Subscription

SUBSCRIPTION: Final = Subscription(
    name="stream-svc",
    types=(ALL_TYPES,),
    # As many events may be taken into the projection in one transaction.
    prefetch=500,
)

CONNECTIONS: Final = 2
"""Database connections that handling takes at most: one batch, and what is parked meanwhile."""
