"""Enumerations of which a later server may know more values."""

from enum import StrEnum
from typing import Self


class OpenEnum(StrEnum):
    """An enumeration that takes values which it does not list."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        unlisted = str.__new__(cls, value)
        unlisted._name_ = value
        unlisted._value_ = value
        return unlisted
