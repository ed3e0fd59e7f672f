"""Rows of an import, for tests."""


def rows(count: int) -> list[dict[str, object]]:
    """Give rows of different people."""
    return [
        {
            "name": f"Name {number}",
            "family_name": "Family",
            "email": f"lead{number}@example.com",
            "cellphone": str(number),
        }
        for number in range(count)
    ]
