"""Find where the elements of a JSON array begin and end, without decoding them.

The scanner looks at brackets, commas and strings only. It is fed blocks and never keeps
more than one unfinished element, so an array of any length is read in flat memory.
"""

import re
from typing import Final

from import_svc.decoding.errors import UnreadableInputError

# A string, with its closing quote if it is there yet, or one structural character.
_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*+(?P<closed>"?)|[{}\[\],]', re.DOTALL)
_QUOTE, _COMMA, _ARRAY_END = b'",]'
_OPENING: Final = frozenset(b"[{")


def broken(detail: str) -> UnreadableInputError:
    """Make the error for input that is not JSON from some point on."""
    return UnreadableInputError(code="malformed_json", detail=detail)


class ElementScanner:
    """Cuts the inside of an array into its elements.

    Args:
        max_bytes: Longest element that is given; of a longer one only that it was there.
    """

    def __init__(self, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._buffer = b""
        self._position = 0
        self._depth = 0
        self._oversize = False
        self._seen = 0
        self._rest: bytes | None = None

    def rest(self) -> bytes | None:
        """Return what follows the array; None as long as its end was not found."""
        return self._rest

    def feed(self, block: bytes) -> list[bytes | None]:
        """Take the next block; return the elements that are whole now.

        Returns:
            The bytes of each element, None for one that is longer than `max_bytes`.

        Raises:
            UnreadableInputError: An element is empty or a bracket closes nothing.
        """
        self._buffer += block
        elements: list[bytes | None] = []
        begin = 0
        for match in _TOKEN.finditer(self._buffer, self._position):
            token = self._buffer[match.start()]
            if token == _QUOTE:
                if not match["closed"]:
                    self._keep_unfinished_string(begin, match.start())
                    return elements
            elif token in _OPENING:
                self._depth += 1
            elif self._depth == 0 and token == _COMMA:
                elements.append(self._element(begin, match.start()))
                begin = match.end()
            elif self._depth == 0:
                self._end_array(token, begin, match, elements)
                return elements
            elif token != _COMMA:
                self._depth -= 1
        self._keep_unfinished(begin)
        return elements

    def _element(self, begin: int, end: int) -> bytes | None:
        self._seen += 1
        if self._oversize or end - begin > self._max_bytes:
            self._oversize = False
            return None
        element = self._buffer[begin:end].strip()
        if not element:
            raise broken(f"element {self._seen} of the array is empty: there is a comma too many")
        return element

    def _end_array(
        self, token: int, begin: int, match: re.Match[bytes], elements: list[bytes | None]
    ) -> None:
        if token != _ARRAY_END:
            raise broken("a bracket closes what was not opened")
        empty = self._seen == 0 and not self._oversize
        if not (empty and not self._buffer[begin : match.start()].strip()):
            elements.append(self._element(begin, match.start()))
        self._rest = self._buffer[match.end() :]
        self._buffer = b""

    def _keep_unfinished(self, begin: int) -> None:
        self._buffer = self._buffer[begin:]
        self._position = len(self._buffer)
        if len(self._buffer) > self._max_bytes or self._oversize:
            self._oversize = True
            self._buffer, self._position = b"", 0

    def _keep_unfinished_string(self, begin: int, quote: int) -> None:
        if self._oversize or len(self._buffer) - begin > self._max_bytes:
            self._oversize = True
            # Only what is needed to find the end of the string is kept.
            trailing = len(self._buffer) - len(self._buffer.rstrip(b"\\"))
            self._buffer, self._position = b'"\\' if trailing % 2 else b'"', 0
        else:
            self._buffer, self._position = self._buffer[begin:], quote - begin
