"""How far a running import is, and how long it may take."""

from dataclasses import dataclass
from typing import Final

_NOT_YET: Final = 0.001
"""Seconds that are too few to tell a rate from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an import is. Only what is stored counts, whichever process stored it.

    Attributes:
        bytes_done: Bytes of the body, unpacked, whose rows are stored.
        bytes_total: Bytes of the whole body; None while it is still coming.
        rows_per_second: Of the process that runs it now; None until it has stored two chunks.
        seconds_left: None if the rate or the total is not known.
    """

    bytes_done: int
    bytes_total: int | None
    rows_per_second: float | None
    seconds_left: float | None


def progress_of(
    *,
    bytes_done: int,
    bytes_total: int | None,
    rate_bytes: int,
    rate_rows: int,
    rate_seconds: float | None,
) -> Progress:
    """Work out rate and time left.

    Args:
        bytes_done: Bytes whose rows are stored.
        bytes_total: Bytes of the whole body, if it is known.
        rate_bytes: How many of them the process of now stored after its first chunk.
        rate_rows: How many rows it stored after that.
        rate_seconds: Seconds since that; None if it has stored none.
    """
    rows_per_second = seconds_left = None
    if rate_seconds is not None and rate_seconds > _NOT_YET and rate_bytes > 0:
        rows_per_second = rate_rows / rate_seconds
        if bytes_total is not None:
            seconds_left = (bytes_total - bytes_done) * rate_seconds / rate_bytes
    return Progress(
        bytes_done=bytes_done,
        bytes_total=bytes_total,
        rows_per_second=rows_per_second,
        seconds_left=seconds_left,
    )
