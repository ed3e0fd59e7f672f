"""Passwords of the database roles, made once and kept beside the data."""

import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from leadwire_standalone.data import PASSWORDS


def load_or_make_passwords(data: Path, roles: Iterable[str]) -> dict[str, str]:
    """Return a password per role, the same at every run on the same data.

    Args:
        data: The run's data directory; the file in it is readable by its owner alone.
        roles: Names of the database roles.
    """
    path = data / PASSWORDS
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    passwords = {role: kept.get(role) or secrets.token_urlsafe(24) for role in roles}
    if passwords != kept:
        replace_private(path, json.dumps(passwords, indent=2))
    return passwords


def replace_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, so that a crash leaves the old or the new."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
