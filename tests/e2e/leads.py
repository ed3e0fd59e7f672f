"""Leads to import, made up: valid ones and rows that must fail."""

import csv
import io
from collections.abc import Sequence

HEADER = ("First Name", "Last Name", "Email 1", "Phone 1", "Company")


def valid_rows(count: int) -> list[tuple[str, ...]]:
    """Return rows that differ in email and cellphone; the number tells their order."""
    return [
        (
            f"Given{number}",
            f"Family{number}",
            f"lead{number}@example.com",
            f"(212) {200 + number // 10_000}-{number % 10_000:04d}",
            "Example Ltd.",
        )
        for number in range(count)
    ]


FAILING_ROWS: Sequence[tuple[str, ...]] = (
    ("NoPhone", "Case", "no-phone@example.com", "", "Example Ltd."),
    ("Bad", "Email", "not an address", "(212) 999-0001", "Example Ltd."),
    ("Twice", "Case", "lead0@example.com", "(212) 999-0002", "Example Ltd."),
)


def as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    """Return the rows as a CSV file with a header."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    writer.writerows(rows)
    return text.getvalue().encode()
