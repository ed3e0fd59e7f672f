"""What was found, and what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: What was looked at, in a word.
        told: What was found.
        todo: What to do about it; empty if that is nothing.
    """

    check: str
    level: Level
    told: str
    todo: str = ""


def ok(check: str, told: str) -> Finding:
    """It is as it should be."""
    return Finding(check=check, level=Level.OK, told=told)


def note(check: str, told: str) -> Finding:
    """It could not be looked at, which need not be wrong."""
    return Finding(check=check, level=Level.NOTE, told=told)


def warning(check: str, told: str, todo: str) -> Finding:
    """It works, but not as it should."""
    return Finding(check=check, level=Level.WARNING, told=told, todo=todo)


def error(check: str, told: str, todo: str) -> Finding:
    """It does not work."""
    return Finding(check=check, level=Level.ERROR, told=told, todo=todo)
