"""Rules of the fake: where a lead may go from where it stands, and who holds it."""

from datetime import UTC, datetime
from typing import Any

from leadwire_client.testing.refusal import Refusal

JSON = dict[str, Any]
DECIDED = ("interested", "not_interested")


def check_transition(current: str, asked: str, reason: str | None) -> None:
    """Let a status follow another.

    Raises:
        Refusal: It must not, or not without a reason.
    """
    if current not in DECIDED or asked == current:
        return
    if asked not in DECIDED:
        allowed = [each for each in DECIDED if each != current]
        raise Refusal(409, "illegal_transition", allowed=allowed)
    if reason is None:
        raise Refusal(409, "reason_required")


def ref(manager: JSON) -> JSON:
    """Name a manager."""
    return {"id": manager["id"], "name": manager["name"]}


def holder(lead: JSON) -> str | None:
    """Give the id of who holds a lead."""
    return lead["manager"]["id"] if lead["manager"] else None


def waits(lead: JSON) -> bool:
    """Tell whether a lead waits for a manager."""
    return lead["manager"] is None and lead["status"] not in DECIDED


def now() -> str:
    """Give the moment, as answers write it."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
