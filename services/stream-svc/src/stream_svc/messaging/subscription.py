"""What stream-svc consumes."""

from typing import Final

from leadwire.broker import ALL_TYPES, Subscription

SUBSCRIPTION: Final = Subscription(
    name="stream-svc",
    types=(ALL_TYPES,),
    # Writers of the log wait for each other at its head: more handlers at once would only
    # take database connections away from readers.
    prefetch=4,
)
