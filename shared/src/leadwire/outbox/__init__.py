"""Change and event in one commit, and each event's effect once: outbox, relay, inbox."""

from leadwire.outbox.errors import UnreadableError

__all__ = ["UnreadableError"]
