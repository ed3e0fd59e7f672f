"""Single lines of text in requests: names, and reasons that people give."""

from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints

PRINTABLE: Final = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$"
"""One line without control characters."""


def stripped(text: str) -> str:
    """Give a text without the spaces around it.

    For fields whose limits hold for what is sent, as OpenAPI documents can say nothing of what is
    looked at after such a change.

    Raises:
        ValueError: Nothing is left.
    """
    if not (bare := text.strip()):
        raise ValueError("there are only spaces in it")
    return bare


Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=500, pattern=PRINTABLE),
    AfterValidator(stripped),
]
"""Why somebody does something, in a line."""
