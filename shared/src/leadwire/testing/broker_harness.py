"""What the broker contract needs from a transport's test set-up.

A transport under test brings a `BrokerHarness`: a way to get clients and to do to the
server what operations and accidents do to it.
"""

from typing import Final, Protocol

from leadwire.broker import Broker

PATIENT: Final = 20.0
"""Seconds within which `publish` answers where a test asks for no fewer: what is slow on a loaded
machine is not yet lost."""


class BrokerHarness(Protocol):
    """A broker server of the test's own, empty at the start, and ways to hurt it.

    Each harness stands on a server, or on a namespace of one, in which nobody else has
    a subscription. It stops its clients at the end of the test.
    """

    async def client(self, name: str = "client", *, publish_within: float = PATIENT) -> Broker:
        """Return a client that is started, whose `publish` answers within so many seconds."""
        ...

    async def crash(self, broker: Broker) -> None:
        """Make a client vanish: no acknowledgement and no goodbye."""
        ...

    async def restart(self) -> None:
        """Take the server down, cutting every connection, and up again.

        Returns when the server accepts connections; clients find back by themselves.
        """
        ...

    async def block(self) -> None:
        """Make the server take publications without confirming them."""
        ...

    async def unblock(self) -> None:
        """End what `block` began."""
        ...

    async def cancel_consumers(self, subscription: str) -> None:
        """Have the server end the subscription's consumers.

        Called while nothing is undelivered; afterwards the subscription exists and is
        usable, whatever the server had to do for it.
        """
        ...
