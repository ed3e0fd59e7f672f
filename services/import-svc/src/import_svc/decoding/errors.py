"""What decoding can raise."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial


class DecodingError(Exception):
    """The input cannot be taken apart into rows.

    Attributes:
        code: Stable name of the problem.
        detail: What is wrong and what to do.
        extra: Lists that help to mend it, for example the headers that were found.
    """

    def __init__(
        self, *, code: str, detail: str, extra: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.extra: dict[str, Sequence[str]] = dict(extra or {})

    def __reduce__(self) -> tuple[Callable[[], "DecodingError"], tuple[()]]:
        """Say how it is made again in another process; its arguments have names."""
        remade = partial(type(self), code=self.code, detail=self.detail, extra=self.extra)
        return remade, ()


class UnreadableInputError(DecodingError):
    """The input breaks here; nothing after this point can be read."""


def no_body() -> UnreadableInputError:
    """The input has not one byte."""
    return UnreadableInputError(code="empty_body", detail="the request has no body")


class UnsupportedFormatError(DecodingError):
    """No decoder for this media type or character set."""
