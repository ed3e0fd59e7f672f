"""Recognise the columns of a file, or the keys of an object, by their names."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

FIELDS: Final = ("name", "family_name", "email", "cellphone")

# Names as `simplified` gives them. Earlier ones win where a file has several: a
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
    """Find the lead fields among the headers, in any case and spacing.

    Args:
        headers: The headers as they stand there.
        mapped: Header by field, where the sender said so; it stands for that field alone, and
            if there is none such, the field has no column.
    """
    wanted = {simplified(header) for header in mapped.values()}
    first_position: dict[str, int] = {}
    for position, header in enumerate(headers):
        first_position.setdefault(simplified(header), position)
    found = [
        _position(
            (simplified(mapped[field]),)
            if field in mapped
            else [synonym for synonym in SYNONYMS[field] if synonym not in wanted],
            first_position,
        )
        for field in FIELDS
    ]
    name, family_name, email, cellphone = found
    taken = {position for position in found if position is not None}
    return Columns((name, family_name, email, cellphone), _name_others(headers, taken))


def _position(names: Sequence[str], first_position: Mapping[str, int]) -> int | None:
    return next((first_position[name] for name in names if name in first_position), None)


def _name_others(headers: Sequence[str], taken: set[int]) -> tuple[tuple[int, str], ...]:
    counts: dict[str, int] = {}
    others = []
    for position, header in enumerate(headers):
        if position in taken:
            continue
        name = header.strip() or f"column {position + 1}"
        counts[name] = counts.get(name, 0) + 1
        others.append((position, name if counts[name] == 1 else f"{name} ({counts[name]})"))
    return tuple(others)


def simplified(header: str) -> str:
    """Return what two headers that are the same have in common."""
    return _NOT_ALPHANUMERIC.sub("", header.casefold())
