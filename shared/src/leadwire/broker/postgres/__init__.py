"""The broker on Postgres: the embedded default, durable, on tables of its own.

How it works:
    `publish` is one statement, which stores each message once, adds a delivery for each
    subscription that wants it, and wakes the consumers. It is accepted when that has
    committed. Nobody wants it: nothing is stored, and it is unroutable.

    A consumer has one connection, its session, known by a number and an advisory lock.
    It claims deliveries in batches by writing its number beside them, passing by what
    others are claiming. When a consumer vanishes, so does its lock, and the next sweep of
    any other consumer frees what it held: there is no lease to wait for. Finished
    deliveries are deleted, and with the last one the message.

    In an ordered subscription, one consumer is active, by another advisory lock, and reads
    ahead without claims. Messages are delivered in the order of their numbers. Publishers
    that work side by side get numbers in an order of their own; each one's messages stay
    in its order.

    NOTIFY wakes consumers; the poll, every second, is what is relied on.

Why not a job queue library:
    Fan-out to subscriptions, directed publication, unroutable detection and exact bytes
    need tables of their own; beside these, a library would only have kept the claims.
"""

from leadwire.broker.postgres._broker import PostgresBroker

__all__ = ["PostgresBroker"]
