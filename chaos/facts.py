"""What clients ask for and events tell, in one language, so that both can be compared.

A fact is a tuple of words, such as `("marked", LEAD, "interested")`. The clients of a run ask for
each fact once, so an event that tells one again tells of an effect that happened twice.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

Fact: TypeAlias = tuple[str, ...]
Data: TypeAlias = Mapping[str, Any]


def lead_created(email: str) -> Fact:
    """A lead came in."""
    return ("created", email)


def lead_renamed(lead: str, family_name: str) -> Fact:
    """A lead's contact data changed."""
    return ("renamed", lead, family_name)


def lead_erased(lead: str) -> Fact:
    """A lead was erased."""
    return ("erased", lead)


def lead_marked(lead: str, status: str) -> Fact:
    """A lead was marked."""
    return ("marked", lead, status)


def manager_added(email: str) -> Fact:
    """A manager was hired."""
    return ("hired", email)


def manager_renamed(manager: str, name: str) -> Fact:
    """A manager's name changed."""
    return ("manager renamed", manager, name)


def facts_of(event_type: str, data: Data) -> frozenset[Fact]:
    """Return what an event tells of what clients asked for; nothing of what nobody asked for."""
    told = _TOLD.get(event_type)
    return frozenset() if told is None else told(data)


def _one(fact: Callable[[Data], Fact]) -> Callable[[Data], frozenset[Fact]]:
    return lambda data: frozenset([fact(data)])


_TOLD: Final[Mapping[str, Callable[[Data], frozenset[Fact]]]] = {
    "leads_created": lambda data: frozenset(lead_created(lead["email"]) for lead in data["leads"]),
    "lead_updated": _one(
        lambda data: lead_renamed(data["lead"]["id"], data["lead"]["family_name"])
    ),
    "lead_erased": _one(lambda data: lead_erased(data["lead"]["id"])),
    "lead_reached_out": _one(lambda data: lead_marked(data["lead"]["id"], "reached_out")),
    "lead_interested_created": _one(lambda data: lead_marked(data["lead"]["id"], "interested")),
    "lead_not_interested_created": _one(
        lambda data: lead_marked(data["lead"]["id"], "not_interested")
    ),
    "manager_added": _one(lambda data: manager_added(data["manager"]["email"])),
    "manager_updated": _one(
        lambda data: manager_renamed(data["manager"]["id"], data["manager"]["name"])
    ),
}
