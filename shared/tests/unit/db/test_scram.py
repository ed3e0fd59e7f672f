from base64 import b64decode

import pytest

from leadwire.db.scram import scram_verifier

SALT = "OYQdobUH8pBMAiyV4ykIgQ=="
OF_POSTGRES = (
    f"SCRAM-SHA-256$4096:{SALT}"
    "$By4sO3isCjVvRMMhl6IYoSEZEWLSgPON3ekh09H4JYM="
    ":g/NytYoqYIKZTE6vdK2O/TPx+srimdn4yeCgtQ1DeJA="
)
"""What Postgres 18 stored in pg_authid for CREATE ROLE ... PASSWORD 'secret'."""


def test_makes_the_verifier_that_postgres_makes() -> None:
    assert scram_verifier("secret", salt=b64decode(SALT)) == OF_POSTGRES


def test_each_verifier_has_its_own_salt() -> None:
    assert scram_verifier("secret") != scram_verifier("secret")


@pytest.mark.parametrize("password", ["", "pässword"])
def test_refuses_a_password_it_cannot_encode(password: str) -> None:
    with pytest.raises(ValueError, match="ASCII"):
        scram_verifier(password)
