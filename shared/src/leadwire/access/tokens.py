"""Tokens: JSON Web Tokens signed by Ed25519 keys, which stand in a JSON Web Key Set.

```json
{"keys": [
  {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "2026-01", "x": "...", "d": "..."}
]}
```

The first key with a private part (`d`) signs, every key verifies.
"""

import time
from base64 import urlsafe_b64decode
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from leadwire.access.errors import UnauthorizedError
from leadwire.access.roles import Principal, Role
from leadwire.access.users import first_fault

ALGORITHM: Final = "EdDSA"
ISSUER: Final = "leadwire"
AUDIENCE: Final = "leadwire"
LEEWAY_SECONDS: Final = 10.0
"""How far the clocks of two services may be apart."""

MOST_REMEMBERED: Final = 1_000

_REQUIRED: Final = ["iss", "aud", "sub", "iat", "exp"]
_UNREADABLE: Final = (jwt.PyJWTError, ValueError)
"""What a token may raise that somebody made up."""


class _Key(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    alg: Literal["EdDSA"]
    kid: Annotated[str, Field(min_length=1, max_length=200)]
    x: str
    d: str | None = None

    def public(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(_decoded(self.x))

    def private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(_decoded(self.d or ""))

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        try:
            public = self.public()
            fits = self.d is None or self.private().public_key() == public
        except ValueError:
            fits = False
        if not fits:
            raise ValueError("it is no whole Ed25519 key")
        return self


class _KeySet(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    keys: Annotated[list[_Key], Field(min_length=1)]

    @model_validator(mode="after")
    def _are_told_apart(self) -> Self:
        if len({each.kid for each in self.keys}) != len(self.keys):
            raise ValueError("two keys have the same kid")
        return self


class _Claims(BaseModel):
    sub: Annotated[str, Field(min_length=1)]
    roles: list[str]
    manager_id: UUID | None = None
    exp: int

    def principal(self, proof: bytes) -> Principal:
        # A newer version may know more roles; they allow nothing here.
        return Principal(
            name=self.sub,
            roles=frozenset(role for role in Role if role.value in self.roles),
            manager_id=self.manager_id,
            expires_at=datetime.fromtimestamp(self.exp, UTC),
            proof=proof,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedToken:
    """A new token.

    Attributes:
        lifetime: How long it is good for.
    """

    token: str = field(repr=False)
    lifetime: timedelta


class TokenKeys:
    """One state of the file of token keys.

    Args:
        public: By `kid`.
        signing: The `kid` and private part of the key that signs; None if there is none.

    Attributes:
        proofs: Of those whose tokens the keys have signed, one for each key.
    """

    def __init__(
        self,
        *,
        public: Mapping[str, Ed25519PublicKey],
        signing: tuple[str, Ed25519PrivateKey] | None,
    ) -> None:
        self._public = public
        self._signing = signing
        self.proofs = frozenset(_proof(key) for key in public.values())
        self._verified: OrderedDict[bytes, Principal] = OrderedDict()

    @property
    def can_sign(self) -> bool:
        """Whether there is a private part."""
        return self._signing is not None

    def issue(self, principal: Principal, *, lifetime: timedelta) -> IssuedToken:
        """Make a token for somebody.

        Raises:
            ValueError: There is no key to sign with.
        """
        if self._signing is None:
            raise ValueError("no token key has a private part")
        kid, key = self._signing
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": principal.name,
            "roles": sorted(principal.roles),
            "manager_id": None if principal.manager_id is None else str(principal.manager_id),
            "iat": now,
            "exp": now + int(lifetime.total_seconds()),
        }
        token = jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": kid})
        return IssuedToken(token=token, lifetime=lifetime)

    def principal(self, token: str) -> Principal:
        """Give who shows a token.

        Raises:
            UnauthorizedError: It is none of ours, or has expired.
        """
        digest = sha256(token.encode()).digest()
        known = self._verified.get(digest)
        if known is not None and not _expired(known):
            return known
        found = self._verify(token)
        self._verified[digest] = found
        while len(self._verified) > MOST_REMEMBERED:
            self._verified.popitem(last=False)
        return found

    def _verify(self, token: str) -> Principal:
        try:
            key = self._public[jwt.get_unverified_header(token).get("kid", "")]
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                leeway=LEEWAY_SECONDS,
                options={"require": _REQUIRED},
            )
            return _Claims.model_validate(claims).principal(_proof(key))
        except jwt.ExpiredSignatureError:
            raise UnauthorizedError(
                "the token has expired; get a new one by POST /v1/auth/token", token=True
            ) from None
        except jwt.ImmatureSignatureError:
            raise UnauthorizedError(
                "the token begins later than it is here: the clocks of the services differ",
                token=True,
            ) from None
        except KeyError:
            raise UnauthorizedError(
                "the token is signed by a key that is not known here", token=True
            ) from None
        except (*_UNREADABLE, OverflowError, OSError):
            raise UnauthorizedError("the token is not valid here", token=True) from None


def read_token_keys(content: bytes) -> TokenKeys:
    """Read a key set.

    Raises:
        ValueError: It is broken; the message says where, and repeats nothing of it.
    """
    try:
        keys = _KeySet.model_validate_json(content).keys
    except ValidationError as error:
        raise ValueError(first_fault(error)) from None
    signing = next(((each.kid, each.private()) for each in keys if each.d is not None), None)
    return TokenKeys(public={each.kid: each.public() for each in keys}, signing=signing)


def _proof(key: Ed25519PublicKey) -> bytes:
    return sha256(key.public_bytes_raw()).digest()


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _expired(principal: Principal) -> bool:
    leeway = timedelta(seconds=LEEWAY_SECONDS)
    return principal.expires_at is None or datetime.now(UTC) >= principal.expires_at + leeway
