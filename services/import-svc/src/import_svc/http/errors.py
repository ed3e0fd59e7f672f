"""What is refused before any rule of the service is asked."""

from typing import Final


class TooManyImportsError(Exception):
    """Too many imports run at once."""

    code: Final = "too_many_imports"

    def __init__(self) -> None:
        super().__init__(
            "As many imports run here as may. Nothing was stored; send it again later."
        )


class TooManyUploadsError(Exception):
    """Too many resumes are being sent at once."""

    code: Final = "too_many_uploads"

    def __init__(self) -> None:
        super().__init__(
            "As many resumes are being sent as this service has room for. Nothing was stored; "
            "send it again later."
        )
