"""What is refused before any rule of the service is asked."""

from typing import Final


class IdempotencyKeyError(Exception):
    """`Idempotency-Key` is not available yet."""

    code: Final = "idempotency_key_not_supported"

    def __init__(self) -> None:
        super().__init__(
            "Idempotency-Key is not available for the form in this version. Send the request "
            "without it: leads are unique by email and cellphone, so that a repeated request "
            "stores none twice, but says that the lead exists."
        )


class TooManyImportsError(Exception):
    """Too many imports run at once."""

    code: Final = "too_many_imports"

    def __init__(self) -> None:
        super().__init__(
            "As many imports run here as may. Nothing was stored; send it again later."
        )
