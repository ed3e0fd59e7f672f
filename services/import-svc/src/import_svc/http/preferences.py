"""What a client prefers (RFC 7240)."""

import re
from typing import Final

RESPOND_ASYNC: Final = "respond-async"

# Commas and semicolons within quotes separate nothing.
_PREFERENCE: Final = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*"?)+')
_NAME: Final = re.compile(r"\s*([^\s=;]+)")


def prefers_async(header: str | None) -> bool:
    """Tell whether a `Prefer` header asks for an answer before the work is done.

    Args:
        header: Its value; None if there is none. What else it prefers is left alone.
    """
    names = (_NAME.match(each) for each in _PREFERENCE.findall(header or ""))
    return any(name is not None and name[1].lower() == RESPOND_ASYNC for name in names)
