"""The users file: who may come in by password or API key.

```json
{"users": [{"name": "ada", "password": "$argon2id$...", "roles": ["manager"], "manager_id": "..."}],
 "keys": [{"name": "crm", "sha256": "...", "roles": ["importer"], "manager_id": null}]}
```
"""

import hmac
import re
import secrets
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Final, Self
from uuid import UUID

import argon2
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from leadwire.access.roles import Principal, Role

RESERVED: Final = frozenset({"anonymous", "matcher", "system"})
"""Names by which histories call nobody in particular, and Leadwire itself."""

MOST_MEMORY_KIB: Final = 1024**2
"""Memory that one check of a password may take."""

_HASH: Final = re.compile(
    r"\$argon2id\$v=19\$m=\d{1,9},t=\d{1,4},p=\d{1,3}\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,172}"
)


def _not_reserved(name: str) -> str:
    if name.lower() in RESERVED:
        raise ValueError("the name is reserved")
    return name


def _is_argon2id(stored: str) -> str:
    if _HASH.fullmatch(stored) is None:
        raise ValueError("it must be an argon2id hash, as `leadwire users passwd` writes it")
    if argon2.extract_parameters(stored).memory_cost > MOST_MEMORY_KIB:
        raise ValueError(f"its hash takes more memory than {MOST_MEMORY_KIB} KiB")
    return stored


# No colon, since HTTP Basic ends a name with it, and ASCII, since accents can be sent in two ways.
Name = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$"),
    AfterValidator(_not_reserved),
]
Argon2id = Annotated[str, AfterValidator(_is_argon2id)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: Name
    roles: Annotated[list[Role], Field(min_length=1)]
    manager_id: UUID | None = None

    @model_validator(mode="after")
    def _manager_has_an_id(self) -> Self:
        if Role.MANAGER in self.roles and self.manager_id is None:
            raise ValueError("the role manager needs a manager_id")
        return self

    def principal(self) -> Principal:
        return Principal(
            name=self.name,
            roles=frozenset(self.roles),
            manager_id=self.manager_id,
            proof=sha256(self.model_dump_json().encode()).digest(),
        )


class _User(_Entry):
    password: Argon2id


class _Key(_Entry):
    sha256: Sha256


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    users: list[_User] = []
    keys: list[_Key] = []

    @model_validator(mode="after")
    def _are_told_apart(self) -> Self:
        names = [each.name for each in (*self.users, *self.keys)]
        if len(names) != len(set(names)):
            raise ValueError("a name stands there twice; users and keys need different ones")
        hashes = [each.sha256 for each in self.keys]
        if len(hashes) != len(set(hashes)):
            raise ValueError("two keys are the same")
        return self


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a password.

    Attributes:
        stored: Its argon2 hash.
        principal: Who he is; None for the one who stands in for all that do not exist.
    """

    stored: str = field(repr=False)
    principal: Principal | None


class Users:
    """One state of the users file.

    Args:
        users: By name.
        keys: By the SHA-256 of the key, in hexadecimal digits.

    Attributes:
        proofs: Of everybody in it.
    """

    def __init__(self, *, users: dict[str, User], keys: dict[str, Principal]) -> None:
        self._users = users
        self._keys = keys
        known = [*(user.principal for user in users.values()), *keys.values()]
        self.proofs = frozenset(each.proof for each in known if each is not None)
        self._nobody = User(_decoy([user.stored for user in users.values()]), None)
        self._secret = secrets.token_bytes(32)

    def user(self, name: str) -> User:
        """Give a user; for a name that is none's, one whose password takes as long to check."""
        return self._users.get(name, self._nobody)

    def key(self, key: str) -> Principal | None:
        """Give whose API key this is.

        It is looked up by its hash, so how long that takes tells nothing of other keys.
        """
        return self._keys.get(sha256(key.encode()).hexdigest())

    def fingerprint(self, name: str, password: str) -> bytes:
        """Stand for a name and password, in this process and this state of the file only."""
        text = "\0".join((name, password, self.user(name).stored))
        return hmac.digest(self._secret, text.encode(), "sha256")


def read_users(content: bytes) -> Users:
    """Read a users file.

    Raises:
        ValueError: It is broken; the message says where, and repeats nothing of it.
    """
    try:
        file = _File.model_validate_json(content)
    except ValidationError as error:
        raise ValueError(first_fault(error)) from None
    return Users(
        users={each.name: User(each.password, each.principal()) for each in file.users},
        keys={each.sha256: each.principal() for each in file.keys},
    )


def first_fault(error: ValidationError) -> str:
    """Say what is wrong first, and where, without what stands there."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    where = ".".join(str(part) for part in details[0]["loc"])
    what = details[0]["msg"].removeprefix("Value error, ")
    return f"{where}: {what}" if where else what


def _decoy(stored: Sequence[str]) -> str:
    """Make up a hash of no known password, as costly to check as the costliest there is."""
    parameters = [argon2.extract_parameters(each) for each in stored]
    costliest = max(
        parameters or [argon2.profiles.RFC_9106_LOW_MEMORY],
        key=lambda each: each.memory_cost * each.time_cost,
    )
    cost = f"m={costliest.memory_cost},t={costliest.time_cost},p={costliest.parallelism}"
    salt, digest = secrets.token_bytes(16), secrets.token_bytes(costliest.hash_len)
    return f"$argon2id$v=19${cost}${_base64(salt)}${_base64(digest)}"


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode().rstrip("=")
