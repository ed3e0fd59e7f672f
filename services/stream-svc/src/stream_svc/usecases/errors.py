"""What a reader can be refused."""

from typing import ClassVar


class ReadError(Exception):
    """Any refusal of a read; see its kinds."""

    code: ClassVar[str]
    message: ClassVar[str]

    def __init__(self) -> None:
        super().__init__(self.message)


class LeadNotFoundError(ReadError):
    """There is no such lead, or it is erased."""

    code = "lead_not_found"
    message = "There is no such lead."


class ProjectionBehindError(ReadError):
    """The lead is there, but not yet in the state that was asked for."""

    code = "projection_behind"
    message = "The lead has not reached the state of `at_least`: try again."


class CursorExpiredError(ReadError):
    """The log no longer holds what came after the cursor, or it is another log."""

    code = "cursor_expired"
    message = "What came after the cursor is forgotten: start over without it."


class CursorAheadError(ReadError):
    """The cursor's position is not here yet."""

    code = "cursor_ahead"
    message = "This replica has not come as far as the cursor yet: try again."
