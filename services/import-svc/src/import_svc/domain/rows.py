"""A row of an import on its way: as read, and as judged.

These are named tuples, not dataclasses, because an import makes two per row and
a named tuple costs a third.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NamedTuple, cast

import orjson

from import_svc.domain.reasons import Code

MAX_ROW_BYTES: Final = 65_536
"""Longest row that is read at all, in bytes of the input (characters of a CSV file)."""

MAX_ATTRIBUTES_BYTES: Final = 49_152
"""Longest JSON of a row's extra columns; with it, every contact fits an event of 64 KiB."""

MAX_ATTRIBUTES_DEPTH: Final = 32
"""Deepest structure of a row's extra columns; parsers of other services have limits, too."""

NO_ATTRIBUTES: Final = "{}"


class RowDefect(NamedTuple):
    """Why a row could not be taken apart into fields."""

    code: Code
    reason: str


class RawRow(NamedTuple):
    """A row as found, not judged yet.

    The four fields hold whatever the input has there: text, None if the field is
    missing, or another JSON value. Of a row with a defect they hold what could be read.
    """

    name: object
    family_name: object
    email: object
    cellphone: object
    attributes: Mapping[str, object] | None = None
    defect: RowDefect | None = None


raw_row: Final = cast("Callable[[tuple[object, ...]], RawRow]", partial(tuple.__new__, RawRow))
"""Does with a tuple of all fields what `RawRow()` does, in half of its time."""


class JudgedRow(NamedTuple):
    """A row with everything that can be said about it without the other rows.

    Attributes:
        raw: The row as found; of an import's row that fails, its fields as a failure shows them.
        name: Cleaned name; empty if it is not valid.
        family_name: Cleaned family name; empty if it is not valid.
        email: Normalised address; empty if it is not valid.
        email_key: What the address is unique by; empty if it is not valid.
        cellphone: E.164; None if it is not valid or not given.
        attributes: JSON object of the extra columns.
        codes: What is wrong with the row; empty if it may be stored.
        reason: Sentence for the receipt where the first code alone would say too little.
        hint: What may help to mend it, beside what the codes say.
        mentions: Emails (by key) and cellphones somewhere in a row that is not valid.
    """

    raw: RawRow
    name: str
    family_name: str
    email: str
    email_key: str
    cellphone: str | None
    attributes: str
    codes: tuple[Code, ...]
    reason: str | None = None
    hint: str | None = None
    mentions: tuple[str, ...] = ()


class Contacts(NamedTuple):
    """What is stored of valid rows, by column: the n-th value of each is the n-th row's.

    By column, because a file is a million rows: what is done to a list at once is done ten
    times as fast as to the members of as many objects.
    """

    names: list[str]
    family_names: list[str]
    emails: list[str]
    email_keys: list[str]
    cellphones: list[str]
    attributes: list[str]

    def __reduce__(self) -> tuple[Callable[..., object], tuple[bytes]]:
        """Say how they go to another process: as JSON, which takes a tenth of the time.

        Without the attributes if there are none: many files have no other columns.
        """
        *columns, attributes = self
        kept = None if all_without(attributes) else attributes
        return _contacts_of, (orjson.dumps((*columns, kept)),)


@dataclass(frozen=True, slots=True)
class GivenValues:
    """What the input had in the fields of valid rows, by column.

    As JSON until somebody asks for it: it is shown of a row that repeats another, and of no other.
    """

    columns: bytes = b"[]"

    @classmethod
    def of(cls, columns: Sequence[list[object]]) -> "GivenValues":
        """Keep columns of text, in the order of the fields."""
        return cls(orjson.dumps(columns))

    def __iter__(self) -> Iterator[list[object]]:
        """Yield the columns."""
        return iter(orjson.loads(self.columns))


def all_without(attributes: Sequence[str]) -> bool:
    """Tell whether no row has attributes."""
    return attributes.count(NO_ATTRIBUTES) == len(attributes)


def _contacts_of(packed: bytes) -> Contacts:
    *columns, attributes = orjson.loads(packed)
    return Contacts._make((*columns, attributes or [NO_ATTRIBUTES] * len(columns[0])))


@dataclass(frozen=True, slots=True)
class JudgedRows:
    """Rows in their order, each judged by itself.

    Attributes:
        contacts: The valid rows.
        given: The same rows as found, by column.
        failed: The other rows, by their position among all, from 0.
        distinct: Whether each valid row has an email and a cellphone of its own. Whoever judges
            them says it, as that is another process, which has the time.
    """

    contacts: Contacts = field(default_factory=lambda: Contacts([], [], [], [], [], []))
    given: GivenValues = GivenValues()
    failed: dict[int, JudgedRow] = field(default_factory=dict)
    distinct: bool = False

    def __len__(self) -> int:
        """Return how many rows there are, valid or not."""
        return len(self.contacts.names) + len(self.failed)

    def __iter__(self) -> Iterator[JudgedRow]:
        """Yield all rows in their order."""
        valid = zip(zip(*self.given, strict=True), zip(*self.contacts, strict=True), strict=True)
        for position in range(len(self)):
            if position in self.failed:
                yield self.failed[position]
            else:
                given, contact = next(valid)
                name, family_name, email, email_key, cellphone, attributes = contact
                yield JudgedRow(
                    RawRow(*given), name, family_name, email, email_key, cellphone, attributes, ()
                )


def defective(code: Code, reason: str) -> RawRow:
    """Make the row that stands for input in which no fields can be told."""
    return RawRow(None, None, None, None, None, RowDefect(code, reason))
