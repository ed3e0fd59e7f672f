"""Which leads: the filters that lists, counts and streams share."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias, TypedDict, overload
from uuid import UUID

Value: TypeAlias = str | UUID
OneOrMore: TypeAlias = Value | Iterable[Value]


class Filters(TypedDict, total=False):
    """Which leads. A lead must meet all that is given; of several values, any.

    Attributes:
        status: One `LeadStatus` or several.
        manager_id: Lead managers, one of whom holds the lead.
        assigned: Whether somebody holds it.
        origin: One `Origin` or several.
        import_id: Imports, one of which brought it.
        email_domain: What follows the `@`, in any case.
        created_after: Came in at this moment or later.
        created_before: Came in before this moment.
    """

    status: OneOrMore
    manager_id: OneOrMore
    assigned: bool
    origin: OneOrMore
    import_id: OneOrMore
    email_domain: OneOrMore
    created_after: datetime
    created_before: datetime


def as_query(filters: Filters) -> tuple[tuple[str, str], ...]:
    """Write filters as query parameters.

    Raises:
        ValueError: A moment has no time zone, or there is none of several values.
    """
    return tuple((name, _written(name, value)) for name, value in filters.items())


@overload
def moment(name: str, value: datetime) -> str: ...
@overload
def moment(name: str, value: datetime | None) -> str | None: ...
def moment(name: str, value: datetime | None) -> str | None:
    """Write a moment.

    Raises:
        ValueError: It has no time zone.
    """
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"{name} needs a time zone: datetime(..., tzinfo=UTC)")
    return value.isoformat()


def _written(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return moment(name, value)
    values = [value] if isinstance(value, str | UUID) else list(_iterated(name, value))
    if not values:
        raise ValueError(f"{name} is empty: leave it out, or name one value at least")
    return ",".join(map(str, values))


def _iterated(name: str, value: object) -> Iterable[object]:
    if not isinstance(value, Iterable):
        raise TypeError(f"{name} cannot be a {type(value).__name__}")
    return value
