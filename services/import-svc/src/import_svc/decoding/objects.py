"""Turn JSON values into rows: the part that NDJSON and JSON have in common."""

import contextlib
import json
from collections.abc import Mapping
from operator import itemgetter
from typing import Any, Final

from import_svc.decoding.columns import FIELDS, NO_MAP, Columns, recognise
from import_svc.domain.reasons import Code
from import_svc.domain.rows import MAX_ROW_BYTES, RawRow, RowDefect, defective, raw_row

TOO_LARGE: Final = defective(
    Code.ROW_TOO_LARGE, f"the row is too large: at most {MAX_ROW_BYTES} bytes"
)
"""A row that is not even read."""

_NOT_JSON: Final = defective(Code.ROW_MALFORMED, "the row is not valid JSON in UTF-8")
_NOT_STORABLE: Final = RowDefect(
    Code.ROW_MALFORMED,
    "the row has a value that cannot be stored: text that is not UTF-8, half of a character (an "
    "emoji cut in two), or a number that is too large or none",
)

_NOT_AN_OBJECT: Final = defective(Code.ROW_MALFORMED, "the row is not a JSON object")
_MAX_KNOWN_SHAPES: Final = 100
_MAX_KEYS_OF_KNOWN_SHAPE: Final = 100


class ObjectReader:
    """Reads objects as rows; remembers which keys are which field.

    Most objects of a file have the same keys in the same order, so the recognised
    columns are kept per tuple of keys, for a bounded number of tuples of bounded length.

    Args:
        mapped: Key by field, where the sender said so.
    """

    def __init__(self, mapped: Mapping[str, str] = NO_MAP) -> None:
        self._mapped = mapped
        self._known_shapes: dict[tuple[str, ...], Columns] = {}

    def row(self, value: Any) -> RawRow:
        """Return the row for a decoded JSON value, which may be no object at all."""
        if not isinstance(value, dict):
            return _NOT_AN_OBJECT
        keys = tuple(value)
        columns = self._known_shapes.get(keys)
        if columns is None:
            columns = self._learn(keys)
        name, family_name, email, cellphone = columns.positions
        values = list(value.values())
        return RawRow(
            None if name is None else values[name],
            None if family_name is None else values[family_name],
            None if email is None else values[email],
            None if cellphone is None else values[cellphone],
            _attributes(columns, values) if columns.others else None,
        )

    def refused(self, data: bytes) -> RawRow:
        """Return the row for what the fast parser refuses, with its values if they can be told.

        The other parser takes half surrogate pairs and numbers of any size, and tells them.
        """
        try:
            value = json.loads(data.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            return _NOT_JSON
        row = self.row(value)
        return row if row.defect else row._replace(attributes=None, defect=_NOT_STORABLE)

    def rows(self, objects: list[dict[str, Any]]) -> list[RawRow]:
        """Return the rows of objects; those that have the same four keys are read at once."""
        keys = list(objects[0])
        columns = recognise(keys, self._mapped)
        positions = [n for n in columns.positions if n is not None]
        if len(positions) == len(keys) == len(FIELDS) and set(map(len, objects)) == {len(keys)}:
            fields = itemgetter(*(keys[n] for n in positions))
            with contextlib.suppress(KeyError):
                return [raw_row((*values, None, None)) for values in map(fields, objects)]
        return [self.row(value) for value in objects]

    def _learn(self, keys: tuple[str, ...]) -> Columns:
        columns = recognise(keys, self._mapped)
        if len(keys) <= _MAX_KEYS_OF_KNOWN_SHAPE:
            if len(self._known_shapes) >= _MAX_KNOWN_SHAPES:
                self._known_shapes.clear()
            self._known_shapes[keys] = columns
        return columns


def _attributes(columns: Columns, values: list[Any]) -> dict[str, Any]:
    found = {name: values[position] for position, name in columns.others}
    nested = found.get("attributes")
    if isinstance(nested, dict):
        # A lead as this product gives it: its attributes have an object of their own.
        del found["attributes"]
        return {**nested, **found}
    return found
