"""Filters, as the server understands them, on leads as they are sent."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from leadwire_client.testing.refusal import Refusal

JSON = dict[str, Any]


def _any_of(value: Callable[[JSON], object]) -> Callable[[JSON, str], bool]:
    return lambda lead, text: str(value(lead)) in text.split(",")


def _manager_id(lead: JSON) -> object:
    return lead["manager"]["id"] if lead["manager"] else None


_FILTERS: Final[Mapping[str, Callable[[JSON, str], bool]]] = {
    "status": _any_of(lambda lead: lead["status"]),
    "manager_id": _any_of(_manager_id),
    "assigned": lambda lead, text: (lead["manager"] is not None) is (text == "true"),
    "origin": _any_of(lambda lead: lead["origin"]),
    "import_id": _any_of(lambda lead: lead["import_id"]),
    "email_domain": lambda lead, text: (
        lead["email"].rpartition("@")[2].lower() in text.lower().split(",")
    ),
    "created_after": lambda lead, text: _moment(lead["created_at"]) >= _moment(text),
    "created_before": lambda lead, text: _moment(lead["created_at"]) < _moment(text),
}
_ORDERS: Final = ("created_at", "updated_at", "name", "email")


def filters_of(query: Mapping[str, str], *besides: str) -> dict[str, str]:
    """Give the filters of a query.

    Raises:
        Refusal: There is something else in it than these and `besides`.
    """
    if unknown := query.keys() - _FILTERS.keys() - set(besides):
        errors = [{"in": "query", "path": name, "message": "unknown"} for name in sorted(unknown)]
        raise Refusal(400, "invalid_request", errors=errors)
    return {name: text for name, text in query.items() if name in _FILTERS}


def matches(lead: JSON | None, filters: Mapping[str, str]) -> bool:
    """Tell whether a lead is in; one that is not there (None) never is."""
    return lead is not None and all(_FILTERS[name](lead, text) for name, text in filters.items())


def searched(leads: Sequence[JSON], query: Mapping[str, str]) -> list[JSON]:
    """Give those of whom a name or the email begins with what is searched for."""
    begins = query.get("q", "").lower()
    return [lead for lead in leads if any(each.startswith(begins) for each in _names(lead))]


def sorted_by(leads: Sequence[JSON], query: Mapping[str, str]) -> list[JSON]:
    """Give them in the order that is asked for.

    Raises:
        Refusal: There is no such order.
    """
    order = query.get("sort", "created_at")
    if order.removeprefix("-") not in _ORDERS:
        raise Refusal(400, "invalid_request")
    key = order.removeprefix("-")
    return sorted(leads, key=lambda lead: str(lead[key]).lower(), reverse=order.startswith("-"))


def _names(lead: JSON) -> list[str]:
    return [lead[name].lower() for name in ("name", "family_name", "email")]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
