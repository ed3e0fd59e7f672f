"""Cut the text of a CSV file into physical lines of bounded length."""

import io
from typing import Final

_LINE_ENDS: Final = ("\n", "\r")


class LineSplitter:
    r"""Gives the lines that became whole, with their ends: `\n`, `\r\n` or `\r`.

    Args:
        max_length: Of a longer line only `max_length + 1` characters are given, so that
            it is seen to be too long and yet never held whole.
    """

    def __init__(self, *, max_length: int) -> None:
        self._max_length = max_length
        self._partial = ""
        self._dropping = False

    def feed(self, text: str, *, final: bool) -> list[str]:
        """Take the next text; return its whole lines, and if `final` also the last one."""
        if self._dropping:
            text = self._drop(text)
        lines = list(io.StringIO(self._partial + text, newline=""))
        self._partial = ""
        if lines and not final and not lines[-1].endswith(_LINE_ENDS):
            self._partial = lines.pop()
            if len(self._partial) > self._max_length:
                lines.append(self._partial)
                self._partial = ""
                self._dropping = True
        if lines and len(max(lines, key=len)) > self._max_length:
            return [line[: self._max_length + 1] for line in lines]
        return lines

    def _drop(self, text: str) -> str:
        ends = [position for end in _LINE_ENDS if (position := text.find(end)) >= 0]
        if not ends:
            return ""
        self._dropping = False
        return text[min(ends) + 1 :]
