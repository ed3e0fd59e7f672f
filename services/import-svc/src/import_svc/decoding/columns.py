"""Recognise the columns of a file, or the keys of an object, by their names."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

FIELDS: Final = ("name", "family_name", "email", "cellphone")

# Names as `_simplified` gives them. Earlier ones win where a file has several: a
# "Mobile" column is the cellphone, even if a "Phone" column stands before it.
SYNONYMS: Final = MappingProxyType(
    {
        "name": ("firstname", "givenname", "forename", "name"),
        "family_name": ("familyname", "lastname", "surname", "family"),
        "email": (
            "email", "emailaddress", "email1", "emailaddress1", "primaryemail", "workemail", "mail",
        ),
        "cellphone": (
            "cellphone", "cellphonenumber", "cell", "cellnumber",
            "mobile", "mobilephone", "mobilenumber", "mobilephonenumber",
            "phone", "phonenumber", "phone1", "phonenumber1", "primaryphone",
            "telephone", "telephonenumber", "tel",
        ),
    }
)  # fmt: skip

_NOT_ALPHANUMERIC: Final = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the fields stand among the headers, and what the other columns are called.

    Attributes:
        positions: Position of each of `FIELDS`; None where no header was recognised.
        others: Position and attribute name of every other column.
    """

    positions: tuple[int | None, int | None, int | None, int | None]
    others: tuple[tuple[int, str], ...]

    @property
    def missing(self) -> list[str]:
        """Name the fields that no column was recognised for."""
        return [
            field
            for field, position in zip(FIELDS, self.positions, strict=True)
            if position is None
        ]


NO_MAP: Final[Mapping[str, str]] = MappingProxyType({})


def recognise(headers: Sequence[str], mapped: Mapping[str, str] = NO_MAP) -> Columns:
    """Find the lead fields among the headers, in any case and spacing; no two in the same column.

    Args:
        headers: The headers as they stand there.
        mapped: Header by field, where the sender said so; it stands for that field alone, and
            if there is none such, the field has no column.
    """
    found = _mapped_positions(headers, mapped)
    positions = _by_name(headers, besides=found.values())
    for field in FIELDS:
        if field not in mapped:
            found[field] = _first(SYNONYMS[field], positions)
    taken = {position for position in found.values() if position is not None}
    name, family_name, email, cellphone = (found[field] for field in FIELDS)
    return Columns((name, family_name, email, cellphone), _name_others(headers, taken))


def _mapped_positions(headers: Sequence[str], mapped: Mapping[str, str]) -> dict[str, int | None]:
    """Find the columns that the sender named: the very one before another that is nearly so."""
    if not mapped:
        return {}
    exact = {as_written(header): position for position, header in reversed([*enumerate(headers)])}
    found = {field: exact.get(as_written(header)) for field, header in mapped.items()}
    for field, header in mapped.items():
        if found[field] is None:
            others = _by_name(headers, besides=found.values())
            found[field] = _first([_simplified(header)], others)
    return found


def _by_name(headers: Sequence[str], *, besides: Collection[int | None]) -> dict[str, int]:
    """Return where each name stands first; a header without letters and digits has none."""
    positions: dict[str, int] = {}
    for position, header in enumerate(headers):
        if position not in besides and (name := _simplified(header)):
            positions.setdefault(name, position)
    return positions


def _first(names: Sequence[str], positions: Mapping[str, int]) -> int | None:
    return next((positions[name] for name in names if name in positions), None)


def _name_others(headers: Sequence[str], taken: set[int]) -> tuple[tuple[int, str], ...]:
    counts: dict[str, int] = {}
    others = []
    for position, header in enumerate(headers):
        if position not in taken:
            name = header.strip() or f"column {position + 1}"
            others.append((position, _not_yet_used(name, counts)))
    return tuple(others)


def _not_yet_used(name: str, counts: dict[str, int]) -> str:
    """Return a name, numbered if it is one of those counted, and count it."""
    unused = name
    while unused in counts:
        counts[name] += 1
        unused = f"{name} ({counts[name]})"
    counts[unused] = 1
    return unused


def as_written(header: str) -> str:
    """Return what two headers have in common that look the same."""
    return unicodedata.normalize("NFC", header.strip())


def _simplified(header: str) -> str:
    """Return what two headers have in common that differ in case, spacing and accents."""
    if not header.isascii():
        header = unicodedata.normalize("NFKD", header)
    return _NOT_ALPHANUMERIC.sub("", header.casefold())
