"""A file of leads as they come: most are good, some are not."""

import csv
import io
import random

HEADER = ("First Name", "Last Name", "Company", "Phone 1", "Email 1")
_GIVEN = ("Ada", "Grace", "Edsger", "Barbara", "Donald", "Radia", "Tim", "Frances", "Alan", "Jean")
_FAMILY = ("Byron", "Murray", "Jansen", "Moore", "Olsen", "Perl", "Nilsson", "Allen", "Ward", "Bar")


def sample_file(rows: int = 200, *, seed: int = 7) -> bytes:
    """Return a CSV file with made-up people; about one row in eight must fail.

    Args:
        rows: Number of data rows.
        seed: The same seed gives the same file.
    """
    chance = random.Random(seed)  # noqa: S311  a reproducible file, not a secret
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for number in range(rows):
        writer.writerow(_row(number, chance))
    return text.getvalue().encode()


def _row(number: int, chance: random.Random) -> tuple[str, ...]:
    given, family = chance.choice(_GIVEN), chance.choice(_FAMILY)
    email = f"{given}.{family}.{number}@example.com".lower()
    phone = f"(212) 555-{number:04d}"
    match chance.randrange(32):
        case 0:
            email = ""
        case 1:
            email = email.replace("@", " at ")
        case 2:
            phone = ""
        case 3:
            phone = "555-12"
    return given, family, f"{family} Ltd.", phone, email
