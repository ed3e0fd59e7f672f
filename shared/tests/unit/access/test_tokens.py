"""A token lets in if one of our keys has signed it, for us, and it has not ended."""

import json
import time
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from leadwire.access import Principal, Role, UnauthorizedError
from leadwire.access.tokens import LEEWAY_SECONDS, MOST_REMEMBERED, TokenKeys, read_token_keys
from leadwire.testing.access import new_token_key

ADA = Principal(name="ada", roles=frozenset({Role.MANAGER}), manager_id=uuid4())
HOUR = timedelta(hours=1)
KEY = new_token_key("first")


def key_set(*keys: dict[str, Any]) -> TokenKeys:
    return read_token_keys(json.dumps({"keys": keys}).encode())


def public(key: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in key.items() if name != "d"}


def private_key(key: dict[str, Any]) -> Any:
    return OKPAlgorithm.from_jwk(key)


def signed(
    claims: dict[str, Any] | None = None,
    *,
    key: Any = None,
    algorithm: str = "EdDSA",
    headers: dict[str, Any] | None = None,
) -> str:
    """Sign what we would, changed."""
    now = int(time.time())
    ours = {"iss": "leadwire", "aud": "leadwire", "sub": "ada", "roles": ["admin"]}
    whole = ours | {"iat": now, "exp": now + 86_400} | (claims or {})
    return jwt.encode(
        {name: value for name, value in whole.items() if value is not None},
        private_key(KEY) if key is None else key,
        algorithm=algorithm,
        headers={"kid": "first"} | (headers or {}),
    )


def test_who_logged_in_is_known_by_his_token_until_it_ends() -> None:
    issued = key_set(KEY).issue(ADA, lifetime=HOUR)
    found = key_set(public(KEY)).principal(issued.token)
    assert (found.name, found.roles, found.manager_id) == ("ada", ADA.roles, ADA.manager_id)
    assert found.expires_at is not None
    assert abs(found.expires_at.timestamp() - time.time() - 3600) < 60
    assert issued.token not in repr(issued)


def part(content: Any) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


OURS = signed()
HEADER, PAYLOAD, SIGNATURE = OURS.split(".")
BRACKETS = urlsafe_b64encode(b"[" * 3_000).decode()

WRONG = {
    "nothing": "",
    "no token": "secret",
    "dots": "..",
    "no signature": f"{HEADER}.{PAYLOAD}.",
    "another payload": f"{HEADER}.{part({'sub': 'ada', 'roles': ['admin']})}.{SIGNATURE}",
    "alg none": f"{part({'alg': 'none', 'kid': 'first'})}.{PAYLOAD}.",
    "alg none, signed": f"{part({'alg': 'none', 'kid': 'first'})}.{PAYLOAD}.{SIGNATURE}",
    "public key as the secret of HS256": signed(key=KEY["x"], algorithm="HS256"),
    "another key": signed(key=Ed25519PrivateKey.generate()),
    "another curve": signed(key=Ed448PrivateKey.generate()),
    "unknown kid": signed(headers={"kid": "other"}),
    "no kid": jwt.encode({"sub": "ada"}, private_key(KEY), algorithm="EdDSA"),
    "kid of another type": f"{part({'alg': 'EdDSA', 'kid': ['first']})}.{PAYLOAD}.{SIGNATURE}",
    "a key of its own": signed(
        key=Ed25519PrivateKey.generate(), headers={"jwk": public(new_token_key("first"))}
    ),
    "critical extension": signed(headers={"crit": ["exp"]}),
    "foreign issuer": signed({"iss": "elsewhere"}),
    "foreign audience": signed({"aud": "elsewhere"}),
    "no issuer": signed({"iss": None}),
    "no audience": signed({"aud": None}),
    "no end": signed({"exp": None}),
    "no subject": signed({"sub": None}),
    "no beginning": signed({"iat": None}),
    "no roles": signed({"roles": None}),
    "roles of another type": signed({"roles": "admin"}),
    "a manager who is none": signed({"roles": ["manager"]}),
    "expired": signed({"exp": int(time.time() - LEEWAY_SECONDS - 1)}),
    "expired a minute ago": signed({"exp": int(time.time() - 60)}),
    "not begun": signed({"iat": int(time.time() + 3600)}),
    "no use before": signed({"nbf": int(time.time() + 3600)}),
    "an end beyond all calendars": signed({"exp": 10**18}),
    "brackets as its header": f"{BRACKETS}.{PAYLOAD}.{SIGNATURE}",
    "no text": "\ufffd.\ufffd.\ufffd",
}


@pytest.mark.parametrize("token", WRONG.values(), ids=WRONG.keys())
def test_whatever_else_is_sent_as_a_token_is_refused(token: str) -> None:
    keys = key_set(KEY)
    with pytest.raises(UnauthorizedError) as refused:
        keys.principal(token)
    assert refused.value.token
    assert token not in str(refused.value) or not token


def test_ours_is_taken_as_it_is() -> None:
    assert key_set(KEY).principal(OURS).roles == {Role.ADMIN}


def test_brackets_that_are_signed_are_refused_too() -> None:
    claims = {"iss": "leadwire", "aud": "leadwire", "sub": "ada"}
    nested = json.dumps(claims)[:-1] + ', "roles": ' + "[" * 2_000 + "]" * 2_000 + "}"
    body = f"{HEADER}.{urlsafe_b64encode(nested.encode()).decode().rstrip('=')}"
    raw = private_key(KEY).sign(body.encode())
    with pytest.raises(UnauthorizedError):
        key_set(KEY).principal(f"{body}.{urlsafe_b64encode(raw).decode().rstrip('=')}")


def test_clocks_may_differ_a_little() -> None:
    now = time.time()
    early = {"iat": int(now + LEEWAY_SECONDS / 2), "exp": int(now + 60)}
    late = {"iat": int(now - 60), "exp": int(now - LEEWAY_SECONDS / 2)}
    assert key_set(KEY).principal(signed(early)).name == "ada"
    assert key_set(KEY).principal(signed(late)).name == "ada"


def test_who_is_refused_since_clocks_differ_much_is_told_so() -> None:
    with pytest.raises(UnauthorizedError, match="clocks of the services differ"):
        key_set(KEY).principal(signed({"iat": int(time.time() + LEEWAY_SECONDS + 5)}))


def test_what_is_remembered_of_a_token_is_not_believed_beyond_its_end() -> None:
    keys = key_set(KEY)
    keys.principal(OURS)
    [digest] = keys._verified
    keys._verified[digest] = Principal(
        name="remembered", roles=frozenset({Role.ADMIN}), expires_at=datetime.now(UTC) - HOUR
    )
    assert keys.principal(OURS).name == "ada"


def test_roles_of_a_newer_version_allow_nothing_here() -> None:
    token = signed({"roles": ["reader", "auditor"]})
    assert key_set(KEY).principal(token).roles == {Role.READER}


def test_keys_are_rotated_without_a_token_being_refused_before_its_end() -> None:
    new = new_token_key("second")
    before = key_set(KEY).issue(ADA, lifetime=HOUR).token
    elsewhere = key_set(public(KEY), public(new))
    after = key_set(new, KEY).issue(ADA, lifetime=HOUR).token
    assert jwt.get_unverified_header(after)["kid"] == "second"
    assert elsewhere.principal(before) == key_set(new, KEY).principal(before)
    assert elsewhere.principal(after).name == "ada"
    with pytest.raises(UnauthorizedError):
        key_set(new).principal(before)


def test_what_is_remembered_is_bounded() -> None:
    keys = key_set(KEY)
    for number in range(MOST_REMEMBERED + 5):
        keys.principal(signed({"sub": f"u{number}"}))
    assert len(keys._verified) == MOST_REMEMBERED


RSA = {"kty": "RSA", "n": "x", "e": "AQAB", "alg": "RS256", "kid": "first"}
OTHER = new_token_key("first")


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ([], "keys"),
        ([RSA], "keys.0"),
        ([KEY | {"alg": "HS256"}], "keys.0.alg"),
        ([KEY | {"crv": "Ed448"}], "keys.0.crv"),
        ([KEY | {"x": "short"}], "no whole"),
        ([KEY | {"d": OTHER["d"]}], "no whole"),
        ([KEY | {"d": "\u00e4"}], "no whole"),
        ([KEY | {"kid": ""}], "keys.0.kid"),
        ([{name: value for name, value in KEY.items() if name != "kid"}], "keys.0.kid"),
        ([KEY, OTHER], "same kid"),
    ],
)
def test_a_broken_key_set_is_refused_without_its_keys_being_told(
    keys: list[dict[str, Any]], told: str
) -> None:
    with pytest.raises(ValueError, match=told) as refused:
        key_set(*keys)
    assert KEY["d"] not in str(refused.value)
