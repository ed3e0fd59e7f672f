"""Consume from a broker that is asked for deliveries, rather than pushing them.

`PullConsumer` does what all such transports share: it bounds what is held, runs the
handlers, settles, reconnects and stops. A transport brings its `PullSession`.
"""

from leadwire.broker.pull._consumer import PullConsumer
from leadwire.broker.pull._session import Claim, OpenSession, Postponed, PullSession

__all__ = ["Claim", "OpenSession", "Postponed", "PullConsumer", "PullSession"]
