"""Tell which rows are duplicates, of stored leads or of earlier rows that were imported."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import compress

from import_svc.domain.reasons import Code
from import_svc.domain.rows import Contacts, JudgedRow, JudgedRows


class LeadExistsError(Exception):
    """Another lead has the email or the cellphone.

    Attributes:
        code: `email_exists` or `cellphone_exists`.
        extra: `codes`, which names both if both are taken.
    """

    def __init__(self, codes: Sequence[Code]) -> None:
        what = " and ".join(code.removesuffix("_exists") for code in codes)
        super().__init__(f"Another lead has this {what}.")
        self.code = codes[0]
        self.extra = {"codes": list(codes)}


@dataclass(slots=True)
class KnownKeys:
    """Emails (by key) and cellphones that leads have already."""

    emails: set[str] = field(default_factory=set)
    cellphones: set[str] = field(default_factory=set)

    def __or__(self, other: "KnownKeys") -> "KnownKeys":
        """Return the keys of both, as new sets."""
        return KnownKeys(self.emails | other.emails, self.cellphones | other.cellphones)

    def has_none_of(self, contacts: Contacts) -> bool:
        """Tell, at a glance, whether all keys of rows are new."""
        return all(
            not taken or taken.isdisjoint(keys)
            for taken, keys in (
                (self.emails, contacts.email_keys),
                (self.cellphones, contacts.cellphones),
            )
        )


@dataclass(frozen=True, slots=True)
class Sifted:
    """Rows of one chunk with their final verdicts.

    Attributes:
        contacts: The rows to store, in their order.
        failed: The other rows, in their order: position among all, row, and its codes.
    """

    contacts: Contacts
    failed: list[tuple[int, JudgedRow, tuple[Code, ...]]]


def keys_to_look_up(rows: JudgedRows, *, only_failed: bool = False) -> tuple[list[str], list[str]]:
    """Return the email keys and cellphones of the rows, also of those that failed.

    A row that fails for one reason still reports every other that applies.

    Args:
        rows: Rows of one chunk.
        only_failed: Whether to leave out the valid rows, whose keys are constrained to be new.
    """
    failed = rows.failed.values()
    emails = [row.email_key for row in failed if row.email_key]
    cellphones = [row.cellphone for row in failed if row.cellphone]
    if not only_failed:
        emails += rows.contacts.email_keys
        cellphones += rows.contacts.cellphones
    return emails, cellphones


def sift(rows: JudgedRows, known: KnownKeys) -> Sifted:
    """Tell the rows to store from the others.

    Args:
        rows: Rows of one chunk.
        known: Keys of stored leads, among those that the rows have; it is changed.
    """
    if rows.distinct and known.has_none_of(rows.contacts) and _none_like_valid(rows):
        failed = [(position, row, _codes(row, known)) for position, row in rows.failed.items()]
        return Sifted(rows.contacts, failed)
    verdicts = mark_duplicates(rows, known)
    failed = [
        (position, row, codes)
        for position, (row, codes) in enumerate(zip(rows, verdicts, strict=True))
        if codes
    ]
    stored = [not codes for n, codes in enumerate(verdicts) if n not in rows.failed]
    return Sifted(Contacts(*(list(compress(column, stored)) for column in rows.contacts)), failed)


def _none_like_valid(rows: JudgedRows) -> bool:
    """Tell, at a glance, whether no row that failed has a key of a valid one."""
    emails = {row.email_key for row in rows.failed.values()}
    cellphones = {row.cellphone for row in rows.failed.values()}
    return emails.isdisjoint(rows.contacts.email_keys) and cellphones.isdisjoint(
        rows.contacts.cellphones
    )


def mark_duplicates(rows: Iterable[JudgedRow], known: KnownKeys) -> list[tuple[Code, ...]]:
    """Return the final codes of each row; empty for a row to store.

    Args:
        rows: Rows of one chunk, in their order.
        known: Keys of stored leads, among those that the rows have. Keys of the rows to
            store are added to it.
    """
    verdicts = []
    for row in rows:
        codes = _codes(row, known)
        if not codes:
            known.emails.add(row.email_key)
            if row.cellphone:
                known.cellphones.add(row.cellphone)
        verdicts.append(codes)
    return verdicts


def _codes(row: JudgedRow, known: KnownKeys) -> tuple[Code, ...]:
    codes = row.codes
    if row.email_key in known.emails:
        codes = (*codes, Code.EMAIL_EXISTS)
    if row.cellphone in known.cellphones:
        codes = (*codes, Code.CELLPHONE_EXISTS)
    return codes
