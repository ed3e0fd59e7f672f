"""Roles, who bears them, and which of them an operation wants."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID


class Role(StrEnum):
    """What somebody may do.

    `admin` everything; `manager` work on his own leads; `reader` read leads and managers;
    `importer` bring leads; `intake` bring them one by one, without the limits of the public form.
    """

    ADMIN = "admin"
    MANAGER = "manager"
    READER = "reader"
    IMPORTER = "importer"
    INTAKE = "intake"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks.

    Attributes:
        name: Of the user or API key; None if nobody needed to say who he is.
        roles: What he may do.
        manager_id: Which lead manager he is, if he is one.
        expires_at: When his token ends; None if he showed none.
        proof: Stands for what he showed, as the files know it: they do not any more once that is
            taken away or changed.

    Raises:
        ValueError: He is a lead manager, and nobody says which.
    """

    name: str | None
    roles: frozenset[Role]
    manager_id: UUID | None = None
    expires_at: datetime | None = None
    proof: bytes = field(default=b"", repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.roles & {Role.MANAGER, Role.ADMIN} == {Role.MANAGER} and self.manager_id is None:
            raise ValueError("the role manager needs a manager_id")

    @property
    def only_as(self) -> UUID | None:
        """As which lead manager alone he may act; None for one who may act for all of them."""
        return None if Role.ADMIN in self.roles else self.manager_id


EVERYBODY: Final = Principal(name=None, roles=frozenset(Role))
"""Who asks where access is off."""

NOBODY: Final = Principal(name=None, roles=frozenset())
"""Who asks, without credentials, for what is public."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use an operation.

    Attributes:
        roles: Of these he needs one; None if anybody may.
        heeds: Whether credentials are looked at, and wrong ones refused.
    """

    roles: frozenset[Role] | None
    heeds: bool = True


PUBLIC: Final = Access(None, heeds=False)
"""Anybody, whatever credentials he shows."""

ANYBODY: Final = Access(None)
"""Anybody; but who shows credentials is known by them, and must show right ones."""

ADMINS: Final = Access(frozenset({Role.ADMIN}))
EVERY_ROLE: Final = Access(frozenset(Role))


def only(*roles: Role) -> Access:
    """Only those who have one of these roles, and administrators."""
    return Access(frozenset({Role.ADMIN, *roles}))
