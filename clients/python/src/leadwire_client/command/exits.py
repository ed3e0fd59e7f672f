"""Exit codes."""

from typing import Final

DONE: Final = 0
ROWS_FAILED: Final = 1
"""An import is done, but not every row became a lead."""
UNSOUND: Final = 1
"""Something is wrong with a deployment."""
WRONG_USE: Final = 2
"""Arguments, or a file that is not there or cannot be written."""
REFUSED: Final = 3
"""The server refused, or an import ended before its file did."""
UNREACHABLE: Final = 4
"""There was no answer."""
INTERRUPTED: Final = 130
"""By Ctrl-C."""
