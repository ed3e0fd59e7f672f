"""The users file, as services read it."""

import re
import secrets
from hashlib import sha256
from pathlib import Path
from typing import Final
from unicodedata import normalize
from uuid import UUID

from leadwire_client.command.access import private_files
from leadwire_client.command.access.missing import from_the_extra
from leadwire_client.command.access.private_files import Json

ROLES: Final = ("admin", "manager", "reader", "importer", "intake")
KEY_PREFIX: Final = "lw_"

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")
_RESERVED: Final = frozenset({"anonymous", "matcher", "system"})


class UsersFile:
    """Users and API keys in a file.

    Args:
        path: Where it is; one that is not there yet is empty.

    Raises:
        OSError: It cannot be read.
        ValueError: It is broken.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        content = private_files.read(path) if path.exists() else {}
        self.users = private_files.entries(path, content, "users", bearing="name")
        self.keys = private_files.entries(path, content, "keys", bearing="name")

    def write(self) -> None:
        """Write it.

        Raises:
            OSError: It cannot be written.
        """
        private_files.write(self._path, {"users": self.users, "keys": self.keys})

    def add_user(self, name: str, password: str, roles: list[str], manager_id: UUID | None) -> None:
        """Add a user.

        Raises:
            ValueError: The name is taken or none, or the roles do not go together.
        """
        entry = self._new_entry(name, roles, manager_id)
        self.users.append({**entry, "password": _hashed(password)})

    def set_password(self, name: str, password: str) -> None:
        """Change a user's password.

        Raises:
            ValueError: There is no such user.
        """
        for user in self.users:
            if user["name"] == name:
                user["password"] = _hashed(password)
                return
        raise ValueError(f"there is no user {name}")

    def add_key(self, name: str, roles: list[str], manager_id: UUID | None) -> str:
        """Add an API key, and give it: only its hash is kept.

        Raises:
            ValueError: The name is taken or none, or the roles do not go together.
        """
        entry = self._new_entry(name, roles, manager_id)
        key = KEY_PREFIX + secrets.token_urlsafe(32)
        self.keys.append({**entry, "sha256": sha256(key.encode()).hexdigest()})
        return key

    def remove(self, name: str) -> None:
        """Remove a user or an API key.

        Raises:
            ValueError: There is none of this name.
        """
        before = len(self.users) + len(self.keys)
        self.users = [each for each in self.users if each["name"] != name]
        self.keys = [each for each in self.keys if each["name"] != name]
        if len(self.users) + len(self.keys) == before:
            raise ValueError(f"there is no user or key {name}")

    def _new_entry(self, name: str, roles: list[str], manager_id: UUID | None) -> Json:
        if _NAME.fullmatch(name) is None or name.lower() in _RESERVED:
            raise ValueError(
                "a name has up to 100 ASCII letters, digits and ._@+-, and begins with a letter or "
                f"digit; {', '.join(sorted(_RESERVED))} are reserved"
            )
        if name in {each["name"] for each in (*self.users, *self.keys)}:
            raise ValueError(f"there is a user or key {name} already")
        if ("manager" in roles) is (manager_id is None):
            raise ValueError(
                "the role manager and --manager-id go together; `leadwire managers list` has ids"
            )
        given = None if manager_id is None else str(manager_id)
        return {"name": name, "roles": sorted(set(roles)), "manager_id": given}


def _hashed(password: str) -> str:
    with from_the_extra():
        import argon2  # noqa: PLC0415 - who does not write such files does not need it
    composed = normalize("NFC", password)  # as services check it, however accents are sent
    # One lane, as a service checks several at once; 64 MiB each.
    return argon2.PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1).hash(composed)
