"""What was asked of the fake."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that came.

    Attributes:
        query: The last value of each parameter.
        headers: By lower-case name.
        queries: All values of each parameter.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    queries: Mapping[str, list[str]]
