"""NATS JetStream (server 2.9 and newer) as a broker of Leadwire, on nats-py.

A subscription is a stream of its own, with work-queue retention: what it holds is what has not
been acknowledged. Its subjects say what it wants, so the server itself is asked who gets an event,
and each of those gets a copy. Consumers compete for a stream through one durable pull consumer.
Why so, and not by one stream for all: the project's ADR 23.

- `_broker`: the port's methods.
- `_link`: connections that are made on demand and can be cut.
- `_names`: what streams and subjects are called.
- `_topology`: what exists on the server, and whether it fits.
- `_publisher`, `_answers`: who gets what, and pipelined publishing within a deadline.
- `_session`, `_claims`: claiming, renewing and settling; the loop is `leadwire.broker.pull`.
- `_attempts`: how often a delivery was tried, which the server does not know.
- `_wire`: messages as NATS headers and bodies.
"""

from leadwire_nats._broker import NatsBroker

__all__ = ["NatsBroker"]
