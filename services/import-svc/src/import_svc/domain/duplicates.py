"""Tell which rows are duplicates, of stored leads or of earlier rows that were imported."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from import_svc.domain.reasons import Code
from import_svc.domain.rows import JudgedRow


@dataclass(slots=True)
class KnownKeys:
    """Emails (by key) and cellphones that leads have already."""

    emails: set[str] = field(default_factory=set)
    cellphones: set[str] = field(default_factory=set)

    def __or__(self, other: "KnownKeys") -> "KnownKeys":
        """Return the keys of both, as new sets."""
        return KnownKeys(self.emails | other.emails, self.cellphones | other.cellphones)


def keys_to_look_up(rows: Iterable[JudgedRow]) -> tuple[list[str], list[str]]:
    """Return the email keys and cellphones of the rows, also of those that failed.

    A row that fails for one reason still reports every other that applies.
    """
    emails = {row.email_key for row in rows if row.email_key}
    cellphones = {row.cellphone for row in rows if row.cellphone}
    return list(emails), list(cellphones)


def mark_duplicates(rows: Sequence[JudgedRow], known: KnownKeys) -> list[tuple[Code, ...]]:
    """Return the final codes of each row; empty for a row to store.

    Args:
        rows: Rows of one chunk, in their order.
        known: Keys of stored leads, among those that the rows have. Keys of the rows to
            store are added to it.
    """
    emails, cellphones = known.emails, known.cellphones
    verdicts = []
    for row in rows:
        codes = row.codes
        if row.email_key in emails:
            codes = (*codes, Code.EMAIL_EXISTS)
        if row.cellphone in cellphones:
            codes = (*codes, Code.CELLPHONE_EXISTS)
        if not codes:
            emails.add(row.email_key)
            if row.cellphone:
                cellphones.add(row.cellphone)
        verdicts.append(codes)
    return verdicts
