"""What a reader can be refused."""


class ReadError(Exception):
    """Any refusal of a read; see its kinds."""


class LeadNotFoundError(ReadError):
    """There is no such lead, or it is erased."""


class ProjectionBehindError(ReadError):
    """The lead is there, but not yet in the state that was asked for."""


class CursorMismatchError(ReadError):
    """The cursor belongs to another filter."""


class CursorExpiredError(ReadError):
    """The log no longer holds what came after the cursor, or it is another log."""


class CursorAheadError(ReadError):
    """The cursor's position is not here yet."""
