"""How often Python looks for cycles of objects that nobody uses."""

import gc
from typing import Final

_NEW_OBJECTS: Final = 10_000
"""Between two looks; Python's default of 700 is made for small programs."""


def look_for_garbage_seldom() -> None:
    """Let a process that serves look for cycles less often, and never among what it loaded.

    A chunk of an import is a hundred thousand objects and has no cycles; by default, half of
    the time that it takes to make them goes into looking through them, again and again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 10, 10)
