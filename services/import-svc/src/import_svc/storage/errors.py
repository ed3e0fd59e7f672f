"""What storing can raise beside the database's own errors."""

from typing import Final


class LostRaceError(Exception):
    """Others stored the same email, cellphone or key at the same time, again and again."""

    code: Final = "too_many_conflicts"

    def __init__(self) -> None:
        super().__init__(
            "Others stored the same email, cellphone or Idempotency-Key at the same time, again "
            "and again. Nothing was stored; send it again later."
        )


class ResumeTooLateError(Exception):
    """It took too long until a lead could refer to the file of its resume; nothing was stored."""

    code: Final = "resume_too_late"

    def __init__(self) -> None:
        super().__init__("It took too long to store the resume; nothing was stored. Send it again.")


class ImportNotRunningError(Exception):
    """The import was ended by somebody else; nothing more may be stored for it."""
