"""Users, keys and tokens for tests, and a walk by which each of them tries every route."""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID, uuid4

from aiohttp.test_utils import TestClient
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from leadwire.access import Principal, Role
from leadwire.access.tokens import read_token_keys

Way = Literal["basic", "bearer", "key"]
Json = dict[str, Any]

WAYS: Final[tuple[Way, ...]] = ("basic", "bearer", "key")

MANAGER_ID: Final = UUID("01990000-0000-7000-8000-000000000001")
"""Which lead manager the user `manager` is."""

ANYBODY: Final[frozenset[str]] = frozenset({"anybody"})
PUBLIC: Final[frozenset[str]] = frozenset({"public"})
"""In a table of rules: anybody, but wrong credentials are refused; and no credentials matter."""

_QUICK: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """A user and an API key for each role, named after it, and a key of tokens.

    Attributes:
        users_file: Where users and API keys stand.
        token_keys_file: Where the key of tokens stands.
    """

    users_file: Path
    token_keys_file: Path

    @property
    def settings(self) -> Json:
        """Settings of a service, by field, that let in by these."""
        return {
            "auth": "on",
            "users_file": self.users_file,
            "token_keys_file": self.token_keys_file,
        }

    def headers(self, role: str, way: Way = "bearer") -> dict[str, str]:
        """Give the headers by which somebody with one role comes in."""
        match way:
            case "basic":
                return basic(role, _password(role))
            case "bearer":
                return {"Authorization": f"Bearer {self.token(role)}"}
            case "key":
                return {"X-API-Key": _key(role)}

    def token(
        self,
        role: str,
        *,
        manager_id: UUID | None = None,
        lifetime: timedelta = timedelta(hours=1),
    ) -> str:
        """Make a token; it has expired already if its lifetime is negative."""
        keys = read_token_keys(self.token_keys_file.read_bytes())
        principal = Principal(
            name=role, roles=frozenset({Role(role)}), manager_id=manager_id or _manager(role)
        )
        return keys.issue(principal, lifetime=lifetime).token


def keyring_in(directory: Path) -> Keyring:
    """Write the files."""
    users, keys = [], []
    for role in Role:
        entry = {"roles": [role], "manager_id": _manager(role) and str(MANAGER_ID)}
        users.append({"name": role, "password": _QUICK.hash(_password(role)), **entry})
        digest = sha256(_key(role).encode()).hexdigest()
        keys.append({"name": f"{role}-key", "sha256": digest, **entry})
    keyring = Keyring(
        users_file=directory / "users.json", token_keys_file=directory / "token-keys.json"
    )
    write_private(keyring.users_file, {"users": users, "keys": keys})
    write_private(keyring.token_keys_file, {"keys": [new_token_key("first")]})
    return keyring


def write_private(path: Path, content: Any) -> None:
    """Write JSON into a file that others cannot read, in the place of an earlier one."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(content))
    new.chmod(0o640)
    new.replace(path)


def new_token_key(kid: str) -> Json:
    """Make a key of tokens, with its private part, as a JSON Web Key."""
    key = Ed25519PrivateKey.generate()
    public, private = key.public_key().public_bytes_raw(), key.private_bytes_raw()
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "alg": "EdDSA",
        "kid": kid,
        "x": urlsafe_b64encode(public).decode().rstrip("="),
        "d": urlsafe_b64encode(private).decode().rstrip("="),
    }


def basic(name: str, password: str) -> dict[str, str]:
    """Give the header of HTTP Basic."""
    return {"Authorization": f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"}


async def walk(
    client: TestClient[Any, Any], keyring: Keyring, rules: Mapping[str, AbstractSet[str]]
) -> None:
    """Ask for everything in the OpenAPI document, in every role, by every way in, and wrongly.

    Args:
        client: Of a service whose settings are the keyring's.
        keyring: Who asks.
        rules: By method and path, as `GET /v1/leads/{lead_id}`: the roles beside `admin` that
            may, or `ANYBODY`, or `PUBLIC`.

    Raises:
        AssertionError: A route lets in somebody it should not, or does not let in somebody it
            should; or there are others than in the rules.
    """
    async with client.get("/openapi.json") as response:
        routes = set(_routes(await response.json()))
    assert routes == set(rules)
    for route in sorted(routes):
        await _try_roles(client, keyring, route, rules[route])
        await _try_strangers(client, route, rules[route])


async def _try_roles(
    client: TestClient[Any, Any], keyring: Keyring, route: str, rule: AbstractSet[str]
) -> None:
    for role, way in product(Role, WAYS):
        may = rule in (ANYBODY, PUBLIC) or role in {Role.ADMIN, *rule}
        async with _ask(client, route, keyring.headers(role, way)) as response:
            told = f"{route} as {role} by {way}: {response.status}"
            assert (response.status == 403) is not may, told
            assert response.status != 401 or rule == PUBLIC, told


async def _try_strangers(client: TestClient[Any, Any], route: str, rule: AbstractSet[str]) -> None:
    # Each route has a stranger of its own, who so is not slowed down for the others.
    strangers: list[dict[str, str]] = [
        basic(f"stranger-{uuid4()}", "guessed"),
        {"Authorization": "Bearer a.b.c"},
        {"X-API-Key": "guessed"},
        {"Authorization": "Digest x"},
    ]
    for headers in strangers:
        async with _ask(client, route, headers) as response:
            refused = response.status in {401, 429}
            assert refused is (rule != PUBLIC), f"{route} with {headers}: {response.status}"
    async with _ask(client, route, {}) as response:
        unknown = response.status == 401 and "WWW-Authenticate" in response.headers
        assert unknown is (rule not in (ANYBODY, PUBLIC)), f"{route}: {response.status}"


def _ask(client: TestClient[Any, Any], route: str, headers: Mapping[str, str]) -> Any:
    method, _, template = route.partition(" ")
    path = template.replace("{manager_id}", str(MANAGER_ID))
    return client.request(method, re.sub(r"\{\w+\}", str(uuid4()), path), headers=headers)


def _routes(document: Json) -> Iterator[str]:
    for path, methods in document["paths"].items():
        yield from (f"{method.upper()} {path}" for method in methods)


def _password(role: str) -> str:
    return f"password of {role}"


def _key(role: str) -> str:
    return f"lw_{role}"


def _manager(role: str) -> UUID | None:
    return MANAGER_ID if role == Role.MANAGER else None
