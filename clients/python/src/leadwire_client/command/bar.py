"""A progress bar on a terminal; nothing where there is none."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self, TextIO

_WIDTH: Final = 30
_EVERY: Final = 0.1


class Bar:
    """One line that is written again and again.

    Args:
        output: Where; only if it is a terminal.
        label: What is done.
        quiet: Whether nothing is shown there either.
        amount: Writes how much of it is done; bytes by default.
    """

    def __init__(
        self,
        output: TextIO,
        label: str,
        *,
        quiet: bool = False,
        amount: Callable[[int], str] | None = None,
    ) -> None:
        self._output = output
        self._label = label
        self._amount = amount or size_of
        self._shown = output.isatty() and not quiet
        self._drawn_at = 0.0
        self._width = 0

    def update(self, done: int, total: int | None, note: str = "") -> None:
        """Show how far it is, a few times a second at most."""
        now = time.monotonic()
        if not self._shown or (now - self._drawn_at < _EVERY and done != total):
            return
        self._drawn_at = now
        line = line_of(self._label, done, total, note, amount=self._amount)
        self._output.write("\r" + line.ljust(self._width))
        self._output.flush()
        self._width = len(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _: type[BaseException] | None,
        __: BaseException | None,
        ___: TracebackType | None,
    ) -> None:
        if self._width:
            self._output.write("\n")


def line_of(
    label: str,
    done: int,
    total: int | None,
    note: str = "",
    *,
    amount: Callable[[int], str] | None = None,
) -> str:
    """Give the line: a bar if the total is known, else what is done alone."""
    written = amount or size_of
    if not total:
        return f"{label} {written(done)} {note}".rstrip()
    share = min(1.0, done / total)
    filled = int(share * _WIDTH)
    bar = "#" * filled + "-" * (_WIDTH - filled)
    return f"{label} [{bar}] {share:4.0%} of {written(total)} {note}".rstrip()


def size_of(count: int) -> str:
    """Give bytes as people read them."""
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
