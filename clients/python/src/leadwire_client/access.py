"""What the server tells of who asks."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token that somebody got for his password.

    Attributes:
        expires_in: Seconds for which it is good.
    """

    access_token: str = field(repr=False)
    expires_in: float
    name: str
    roles: tuple[str, ...] = ()
    manager_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Who asks.

    Attributes:
        name: None where access is off.
        manager_id: Which lead manager this is, if it is one.
        auth: `on` or `off`.
        expires_at: When the token ends; None without one.
    """

    name: str | None
    roles: tuple[str, ...] = ()
    manager_id: UUID | None = None
    auth: str = "on"
    expires_at: datetime | None = None
