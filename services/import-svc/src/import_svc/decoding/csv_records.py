"""Put the lines of a CSV file together into records, and go on after a broken one.

The csv module of the standard library is strict and fast, but it cannot be fed and it
gives up a record with all the lines it has read. Here a record that is broken costs
only the line where it begins: the lines after it are read again. That may be much for every
line, so there is a limit: input whose quotes fit nowhere is not worth hours.
"""

import csv
from collections.abc import Iterable
from itertools import islice
from typing import Final, NamedTuple

from import_svc.decoding.errors import UnreadableInputError
from import_svc.domain.reasons import Code
from import_svc.domain.rows import MAX_ROW_BYTES, RowDefect

_WRONGLY_QUOTED: Final = RowDefect(
    Code.ROW_MALFORMED, "the row has a quote that is not closed, or text after a closing quote"
)
_TOO_LARGE: Final = RowDefect(
    Code.ROW_TOO_LARGE, f"the row is too large: at most {MAX_ROW_BYTES} characters"
)

_REREAD_AT_LEAST: Final = 4 * 1024**2
_REREAD_RATIO: Final = 32
"""Characters that may be read again for each that was read: broken rows here and there, even
one in ten, need far less."""

_LINES_LOOKED_AT: Final = 5
"""The line after a broken row may be ragged, or broken, too."""


class BrokenRecord(NamedTuple):
    """A record that cannot be taken.

    Attributes:
        columns: What its first line seems to hold.
    """

    defect: RowDefect
    columns: list[str]


class RecordReader:
    """Reads records from lines that come in portions.

    Args:
        delimiter: What separates the columns.
        width: Number of columns of the header, by which a row is told from the inside of
            a long quoted field.
    """

    def __init__(self, *, delimiter: str, width: int) -> None:
        self._delimiter = delimiter
        self._width = width
        self._unfinished: list[str] = []
        self._patience = _REREAD_AT_LEAST
        self._in_dropped_quote = False

    def feed(self, lines: list[str], *, final: bool) -> list[list[str] | BrokenRecord]:
        """Take the next lines; return the records that are whole now, in order.

        Returns:
            The columns of each record, or what is wrong with it.

        Raises:
            UnreadableInputError: Too much was read again for the sake of broken records.
        """
        self._patience += _REREAD_RATIO * sum(map(len, lines))
        lines = self._unfinished + lines
        self._unfinished = []
        if not self._in_dropped_quote and _plain(lines):
            return list(filter(None, csv.reader(lines, delimiter=self._delimiter)))
        begin = self._end_of_dropped_quote(lines)
        records: list[list[str] | BrokenRecord] = []
        while begin < len(lines):
            begin = self._read(lines, begin, records, final=final)
        return records

    def _read(
        self, lines: list[str], begin: int, records: list[list[str] | BrokenRecord], *, final: bool
    ) -> int:
        """Read records until a broken one; return where to go on."""
        start = begin
        reader = csv.reader(
            map(lines.__getitem__, range(start, len(lines))),
            delimiter=self._delimiter,
            strict=True,
        )
        try:
            for record in reader:
                end = start + reader.line_num
                if not _too_large(lines, begin, end):
                    if record:
                        records.append(record)
                elif end == begin + 1:
                    records.append(BrokenRecord(_TOO_LARGE, record))
                else:
                    # Its quotes may close no field, but one that was opened by mistake rows before.
                    return self._give_up(lines, begin, end, records, final=final)
                begin = end
        except csv.Error:
            end = start + reader.line_num
            return self._give_up(lines, begin, end, records, final=final)
        return len(lines)

    def _give_up(
        self,
        lines: list[str],
        begin: int,
        end: int,
        records: list[list[str] | BrokenRecord],
        *,
        final: bool,
    ) -> int:
        self._lose_patience(lines, begin, end)
        if not _too_large(lines, begin, end):
            if end == len(lines) and not final:
                self._unfinished = lines[begin:]
                return end
            records.append(self._broken(_WRONGLY_QUOTED, lines[begin]))
            return begin + 1
        if len(lines[begin]) > MAX_ROW_BYTES:
            records.append(self._broken(_TOO_LARGE, lines[begin]))
            return begin + 1
        if self._are_rows(islice(lines, begin + 1, end)):
            records.append(self._broken(_WRONGLY_QUOTED, lines[begin]))
            return begin + 1
        records.append(self._broken(_TOO_LARGE, lines[begin]))
        self._in_dropped_quote = True
        return begin + 1 + self._end_of_dropped_quote(lines[begin + 1 :])

    def _broken(self, defect: RowDefect, line: str) -> BrokenRecord:
        # Its quotes mean nothing: it is cut at each delimiter.
        columns = csv.reader((line,), delimiter=self._delimiter, quoting=csv.QUOTE_NONE)
        return BrokenRecord(defect, next(columns, []))

    def _lose_patience(self, lines: list[str], begin: int, end: int) -> None:
        self._patience -= sum(map(len, lines[begin:end]))
        if self._patience < 0:
            raise UnreadableInputError(
                code="quotes_do_not_match",
                detail="quotes open and close in the wrong places, row after row: the file is "
                "not CSV, or not with double quotes. Mend it and send it again",
            )

    def _are_rows(self, lines: Iterable[str]) -> bool:
        """Tell, by the first ones, whether lines are no part of a field, but rows."""
        told_by = islice(filter(str.strip, lines), _LINES_LOOKED_AT)
        return any(map(self._looks_like_a_row, told_by))

    def _looks_like_a_row(self, line: str) -> bool:
        try:
            return (
                len(next(csv.reader((line,), delimiter=self._delimiter, strict=True)))
                == self._width
            )
        except csv.Error:
            return False

    def _end_of_dropped_quote(self, lines: list[str]) -> int:
        """Return how many lines belong to a quoted field that was given up as too large."""
        for position, line in enumerate(lines):
            if not self._in_dropped_quote:
                return position
            self._in_dropped_quote = line.count('"') % 2 == 0
        return len(lines)


def _plain(lines: list[str]) -> bool:
    """Tell whether each line is a record, as in most files, and none is too large."""
    return '"' not in "".join(lines) and max(map(len, lines), default=0) <= MAX_ROW_BYTES


def _too_large(lines: list[str], begin: int, end: int) -> bool:
    if end - begin == 1:
        return len(lines[begin]) > MAX_ROW_BYTES
    return sum(map(len, lines[begin:end])) > MAX_ROW_BYTES
