"""What is secret in an installation, and all that follows from it.

What is random is made once, by name, and kept; addresses, hashes and keys follow from it, the same
each time. Where it is kept, and how it comes to its readers, is for_compose.py's and
for_kubernetes.py's.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Any, Final

from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Kept = Mapping[str, str]
"""What is random, by name."""

SERVICES: Final = ("import-svc", "manager-svc", "notifier-svc", "stream-svc")
ADMINISTRATOR: Final = "admin"
PEOPLE: Final = (ADMINISTRATOR, "grafana")
"""Whose first passwords people use: servers keep their own state of them."""

DATABASE: Final = "postgres"
"""The administrator of the database."""

DECLARER: Final = "topology"
"""The user of the broker who may declare."""

_SIGNING: Final = "token-key"
NAMES: Final = (
    *PEOPLE,
    DATABASE,
    _SIGNING,
    f"amqp:{DECLARER}",
    *(f"{kind}:{service}" for service in SERVICES for kind in ("postgres", "amqp")),
)


def completed(kept: Kept) -> dict[str, str]:
    """Return what is kept, and made anew what is missing."""
    return {**{name: secrets.token_urlsafe(32) for name in NAMES}, **kept}


def first_users(kept: Kept) -> str:
    """Return a file of users with one administrator; another one each time."""
    admin = {
        "name": ADMINISTRATOR,
        "password": PasswordHasher().hash(kept[ADMINISTRATOR]),
        "roles": ["admin"],
        "manager_id": None,
    }
    return json.dumps({"users": [admin], "keys": []}, indent=1)


def token_keys(kept: Kept, *, private: bool) -> str:
    """Return the key of tokens as a JSON Web Key Set, with or without what signs."""
    seed = kept[_SIGNING]
    key = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(f"{seed}="))
    public = base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).decode().rstrip("=")
    found = {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": public[:12], "x": public}
    return json.dumps({"keys": [{**found, "d": seed} if private else found]})


def rabbitmq_definitions(kept: Kept, rights: Mapping[str, Any]) -> str:
    """Return what RabbitMQ imports when it starts: users, and what they may do.

    Args:
        kept: What is random.
        rights: Virtual host and rights, as deploy/rabbitmq has them.
    """
    users: list[dict[str, Any]] = [
        {
            "name": name,
            "password_hash": _rabbitmq_hash(kept[f"amqp:{name}"]),
            "hashing_algorithm": "rabbit_password_hashing_sha256",
            "tags": [],
        }
        for name in (DECLARER, *SERVICES)
    ]
    return json.dumps({"users": users, **rights}, indent=1)


def serving(kept: Kept, service: str) -> Iterator[tuple[str, str]]:
    """Yield the settings of a service that are secret, by the names of their files."""
    yield "leadwire_broker_url", _amqp(kept, service)
    yield _database_setting(kept, service)


def preparing(kept: Kept, *services: str) -> Iterator[tuple[str, str]]:
    """Yield the settings with which some services are prepared, by the names of their files."""
    yield "leadwire_broker_url", _amqp(kept, DECLARER)
    yield "leadwire_admin_database_url", _postgres("postgres", kept[DATABASE])
    for service in services:
        yield _database_setting(kept, service)


def _database_setting(kept: Kept, service: str) -> tuple[str, str]:
    role = service.replace("-", "_")
    prefix = service.removesuffix("-svc")
    return f"{prefix}_database_url", _postgres(role, kept[f"postgres:{service}"])


def _postgres(role: str, password: str) -> str:
    return f"postgresql://{role}:{password}@postgres:5432/leadwire"


def _amqp(kept: Kept, user: str) -> str:
    return f"amqp://{user}:{kept[f'amqp:{user}']}@rabbitmq:5672/leadwire"


def _rabbitmq_hash(password: str) -> str:
    """Return what RabbitMQ keeps of a password; the same for the same one."""
    salt = hashlib.sha256(b"salt" + password.encode()).digest()[:4]
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
