"""Ask for a password: at a terminal without showing it, or else a line of standard input."""

import getpass
import sys
from typing import Final

SHORTEST: Final = 10
LONGEST: Final = 1_000


def new_password(name: str) -> str:
    """Ask for a new password, at a terminal twice.

    Raises:
        ValueError: It does not do.
    """
    password = _ask(f"new password of {name}: ")
    if not SHORTEST <= len(password) <= LONGEST:
        raise ValueError(f"a password has {SHORTEST} to {LONGEST} characters")
    if sys.stdin.isatty() and getpass.getpass("once more: ") != password:
        raise ValueError("these were two different passwords")
    return password


def password_of(name: str) -> str:
    """Ask for a password that somebody has.

    Raises:
        ValueError: There is none.
    """
    password = _ask(f"password of {name}: ")
    if not password:
        raise ValueError("no password was given")
    return password


def _ask(prompt: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(prompt)
    return sys.stdin.readline().rstrip("\r\n")
