"""What reading and writing events can raise."""

from leadwire.outbox.errors import UnreadableError


class EventTooLargeError(Exception):
    """An event would be longer than a message may be; split it."""


class UnreadableEventError(UnreadableError):
    """The bytes are no event of this contract; the text says why, without its data."""


class UnknownEventTypeError(UnreadableEventError):
    """A proper CloudEvent, but of a type that this version does not know."""
