"""What an import tells of itself: counts that agree, and every failure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import orjson

from import_svc.domain.mentions import mentions
from import_svc.domain.progress import Progress
from import_svc.domain.reasons import SENTENCES, Code, describe
from import_svc.domain.rows import JudgedRow

MAX_INLINE_FAILURES: Final = 1_000
"""Failures that a receipt bears itself; all of them are under its `failures_url`."""

MAX_SHOWN_LENGTH: Final = 1_000
"""Longest value that a failure shows; what follows is cut off and marked by an ellipsis."""


SEND_AGAIN: Final = (
    "the rows counted here are stored; send the file again with the same Idempotency-Key for the "
    "others (without a key, the stored rows come back as existing)"
)
"""What to do about an import that ended early, through no fault of its input."""


class ImportStatus(StrEnum):
    """Where an import stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


SETTLED: Final = frozenset({ImportStatus.COMPLETED, ImportStatus.CANCELLED})
"""Of an import that was sent with a key: what sending it again does not change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruption:
    """Why an import ended before its input did.

    Attributes:
        code: Stable name of what happened.
        detail: What happened, and what to do.
        extra: Lists that help to mend the input; empty if there are none.
    """

    code: str
    detail: str
    extra: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFailure:
    """One row that was not imported, with its values as given."""

    row: int
    name: str | None
    family_name: str | None
    email: str | None
    cellphone: str | None
    reason: str
    codes: tuple[Code, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFailure(RowFailure):
    """A failure to store, with what its person is found by if he is to be forgotten.

    Attributes:
        email_key: What a lead with this email is unique by; None if it is not valid.
        cellphone_key: E.164; None if there is no valid number.
        mentions: More of both, found in a row that is not valid.
    """

    email_key: str | None
    cellphone_key: str | None
    mentions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The account of an import: `received = imported + failed`, always.

    Attributes:
        interruption: Only if the status is failed.
        progress: Only while it runs.
        failures: The first failures, in row order; at most `MAX_INLINE_FAILURES`.
        failures_forgotten_at: Since then they are not all kept any more, and none is told.
        dry_run: Whether nothing was stored, the receipt neither.
    """

    id: UUID
    status: ImportStatus
    received: int
    imported: int
    failed: int
    started_at: datetime
    finished_at: datetime | None
    interruption: Interruption | None = None
    progress: Progress | None = None
    failures: tuple[RowFailure, ...] = ()
    failures_forgotten_at: datetime | None = None
    dry_run: bool = False


def failure_of(row: JudgedRow, *, number: int, codes: tuple[Code, ...]) -> NewFailure:
    """Say why a row failed.

    Args:
        row: The row.
        number: Its number among the data rows, from 1.
        codes: Everything that is wrong with it.
    """
    raw = row.raw
    return NewFailure(
        row=number,
        name=shown(raw.name),
        family_name=shown(raw.family_name),
        email=shown(raw.email),
        cellphone=shown(raw.cellphone),
        reason=_reason(row, codes),
        codes=codes,
        email_key=row.email_key or None,
        cellphone_key=row.cellphone,
        mentions=row.mentions or tuple(mentions((row.name, row.family_name), region=None)),
    )


def _reason(row: JudgedRow, codes: tuple[Code, ...]) -> str:
    reason = describe(codes)
    if row.reason is not None:
        reason = "; ".join([row.reason, *(SENTENCES[code] for code in codes[1:])])
    return f"{reason} ({row.hint})" if row.hint else reason


def shown(value: object, *, longest: int = MAX_SHOWN_LENGTH) -> str | None:
    """Return a value as a failure shows it: text that can be stored, of bounded length."""
    if value is None:
        return None
    text = value if isinstance(value, str) else _as_json(value)
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    if text.isascii() and "\x00" not in text:
        return text
    # Postgres stores neither NUL nor lone surrogates; show that something was there.
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _as_json(value: object) -> str:
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return "(a value that cannot be shown)"
