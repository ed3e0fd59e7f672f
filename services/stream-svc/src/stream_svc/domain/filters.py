"""Filters: pure functions of a lead, by which lists and streams choose.

`FILTERS` is the one table of them. An entry says how the text of a query parameter
becomes a condition; a condition is judged here for the changes of the log, and turned
into SQL by `storage.conditions` for pages. So a new filter is a new entry, and nothing
else as long as one of the conditions below says what it means.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from types import MappingProxyType
from typing import Final
from uuid import UUID

import orjson

from stream_svc.domain.facets import Facets
from stream_svc.domain.lead import Status

MAX_VALUES: Final = 1000
FINGERPRINT_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The facet is one of these values."""

    facet: str
    values: tuple[str, ...]

    def matches(self, facets: Facets) -> bool:
        """Judge a lead by its facets."""
        value = getattr(facets, self.facet)
        return value is not None and str(value) in self.values


@dataclass(frozen=True, slots=True)
class Present:
    """The facet has a value, or has none."""

    facet: str
    expected: bool

    def matches(self, facets: Facets) -> bool:
        """Judge a lead by its facets."""
        return (getattr(facets, self.facet) is not None) is self.expected


@dataclass(frozen=True, slots=True)
class NotBefore:
    """The facet is this moment or a later one."""

    facet: str
    moment: datetime

    def matches(self, facets: Facets) -> bool:
        """Judge a lead by its facets."""
        return bool(getattr(facets, self.facet) >= self.moment)


@dataclass(frozen=True, slots=True)
class Before:
    """The facet is earlier than this moment."""

    facet: str
    moment: datetime

    def matches(self, facets: Facets) -> bool:
        """Judge a lead by its facets."""
        return bool(getattr(facets, self.facet) < self.moment)


Condition = AnyOf | Present | NotBefore | Before
Reader = Callable[[str], Condition]


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """Conditions that a lead must all meet; none means every lead.

    Attributes:
        conditions: By name of the query parameter, in the order of `FILTERS`.
        fingerprint: Bytes that are equal for filters that mean the same.
    """

    conditions: tuple[tuple[str, Condition], ...] = ()
    fingerprint: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Made once: it is asked for with every batch and mark.
        object.__setattr__(self, "fingerprint", _fingerprint(self.conditions))

    def matches(self, facets: Facets | None) -> bool:
        """Tell whether a lead is in; a lead that is not visible (None) never is."""
        if facets is None:
            return False
        return all(condition.matches(facets) for _, condition in self.conditions)


def _fingerprint(conditions: Sequence[tuple[str, Condition]]) -> bytes:
    meaning = [(name, dataclasses.astuple(condition)) for name, condition in conditions]
    return blake2b(orjson.dumps(meaning), digest_size=FINGERPRINT_BYTES).digest()


def parse_filter(parameters: Mapping[str, str | None]) -> LeadFilter:
    """Read a filter from query parameters; those that are None are not given.

    Raises:
        ValueError: A value cannot be understood; the message never repeats it.
        KeyError: A parameter is no filter.
    """
    if unknown := parameters.keys() - FILTERS.keys():
        raise KeyError(f"no such filter: {sorted(unknown)}")
    conditions = []
    for name, read in FILTERS.items():
        text = parameters.get(name)
        if text is not None:
            conditions.append((name, read(text)))
    return LeadFilter(tuple(conditions))


def _any_of(facet: str, read_value: Callable[[str], str]) -> Reader:
    def read(text: str) -> AnyOf:
        given = [part.strip() for part in text.split(",")]
        if len(given) > MAX_VALUES:
            raise ValueError(f"at most {MAX_VALUES} values are allowed")
        # Sorted and without repetitions, so that equal filters have equal fingerprints.
        return AnyOf(facet, tuple(sorted({read_value(part) for part in given})))

    return read


def _present(facet: str) -> Reader:
    def read(text: str) -> Present:
        if text not in {"true", "false"}:
            raise ValueError("must be true or false")
        return Present(facet, text == "true")

    return read


def _moment(condition: Callable[[str, datetime], Condition], facet: str) -> Reader:
    def read(text: str) -> Condition:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError("must be a moment as 2026-01-31T09:00:00Z") from None
        if moment.tzinfo is None:
            raise ValueError("must have a time zone, as in 2026-01-31T09:00:00Z")
        try:
            return condition(facet, moment.astimezone(UTC))
        except OverflowError:
            raise ValueError("lies outside of the years 1 to 9999 in UTC") from None

    return read


def _status(text: str) -> str:
    if text not in set(Status):
        raise ValueError(f"must be of {', '.join(Status)}")
    return text


def _identity(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise ValueError("must be ids as 0198a1b2-0000-7000-8000-000000000000") from None


def _word(text: str) -> str:
    if not text or "\x00" in text:
        raise ValueError("must not be empty")
    return text.lower()


FILTERS: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        "status": _any_of("status", _status),
        "manager_id": _any_of("manager_id", _identity),
        "assigned": _present("manager_id"),
        "origin": _any_of("origin", _word),
        "import_id": _any_of("import_id", _identity),
        "email_domain": _any_of("email_domain", _word),
        "created_after": _moment(NotBefore, "created_at"),
        "created_before": _moment(Before, "created_at"),
    }
)
