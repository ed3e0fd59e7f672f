"""Make the secrets of an installation by Compose: random once, and the same ever after.

What is random stands in one file, which is written whole or not at all. Everything else follows
from it and is written anew each time, for each reader in a directory (a volume) of his own:

    keep/secrets.json           all of them; only this program sees it
    postgres/password           the administrator's
    rabbitmq/definitions.json   users with hashes of their passwords, and their rights
    prepare/...                 settings of `prepare`: as administrator, and as `topology`
    import-svc/...              settings of a service, and so on
    grafana/password            of its user `admin`

The file of those who may use Leadwire is an operator's: made once, with a first administrator.
Private parts of the keys of tokens are manager-svc's alone.
"""

import argparse
import base64
import hashlib
import json
import os
import secrets
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SIGNS: Final = "manager-svc"
SERVICES: Final = ("import-svc", "manager-svc", "notifier-svc", "stream-svc")
RIGHTS: Final = Path("/etc/leadwire/rights.json")
USERS: Final = Path("users") / "users.json"
PEOPLE: Final = ("admin", "grafana")
"""Whose passwords people use."""

OWNER_ONLY: Final = 0o400
AND_GROUP: Final = 0o440
# Nobody but RabbitMQ has this volume, under an account that differs between images; and no
# password of 256 random bits follows from its hash.
ANYBODY: Final = 0o444

Files = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Who is to read the files.

    Attributes:
        services: Account of the services.
        server: Account that the database server starts with.
        grafana: Account of Grafana.
    """

    services: int = 10001
    server: int = 0
    grafana: int = 472


def make(root: Path, *, rights: Path = RIGHTS, accounts: Accounts) -> None:
    """Write everything.

    Args:
        root: Where the directories of the readers are.
        rights: What the users of RabbitMQ may do.
        accounts: Who is to read the files.
    """
    kept = keep(root / "keep" / "secrets.json")
    definitions = json.dumps(rabbitmq_definitions(kept, json.loads(rights.read_text())), indent=1)
    write(root / "postgres" / "password", kept["postgres"], owner=accounts.server)
    write(root / "rabbitmq" / "definitions.json", definitions, mode=ANYBODY, owner=accounts.server)
    write(root / "grafana" / "password", kept["grafana"], owner=accounts.grafana)
    for name, text in preparing(kept):
        write(root / "prepare" / name, text, owner=accounts.services)
    for service in SERVICES:
        for name, text in serving(kept, service):
            write(root / service / name, text, owner=accounts.services)
    if not (root / USERS).exists():
        take_users(root, first_users(kept["admin"]), owner=accounts.services)


def take_users(root: Path, text: str, *, owner: int) -> None:
    """Let in those whom a file of users names, and nobody else."""
    json.loads(text)  # the services judge the rest, and keep the last good one
    # Its group is that of this program, which shows it.
    write(root / USERS, text, mode=AND_GROUP, owner=owner, group=os.getegid())


def first_users(password: str) -> str:
    """Return a file of users with one administrator."""
    admin = {
        "name": "admin",
        "password": PasswordHasher().hash(password),
        "roles": ["admin"],
        "manager_id": None,
    }
    return json.dumps({"users": [admin], "keys": []}, indent=1)


def token_keys(seed: str, *, private: bool) -> str:
    """Return the key of tokens as a JSON Web Key Set, with or without what signs."""
    key = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(f"{seed}="))
    public = base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).decode().rstrip("=")
    found = {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": public[:12], "x": public}
    return json.dumps({"keys": [{**found, "d": seed} if private else found]})


def keep(path: Path) -> dict[str, str]:
    """Return what is kept; make what is not there yet."""
    kept = json.loads(path.read_text()) if path.exists() else {}
    names = [*PEOPLE, "postgres", "token-key", "amqp:topology"]
    names += [f"{kind}:{service}" for service in SERVICES for kind in ("postgres", "amqp")]
    missing = {name: secrets.token_urlsafe(32) for name in names if name not in kept}
    if missing:
        kept |= missing
        write(path, json.dumps(kept, indent=1), owner=os.geteuid())
    return dict(kept)


def rabbitmq_definitions(kept: Mapping[str, str], rights: dict[str, Any]) -> dict[str, Any]:
    """Return what RabbitMQ imports when it starts: users, and what they may do."""
    users: list[dict[str, Any]] = [
        {
            "name": name,
            "password_hash": rabbitmq_hash(kept[f"amqp:{name}"]),
            "hashing_algorithm": "rabbit_password_hashing_sha256",
            "tags": [],
        }
        for name in ("topology", *SERVICES)
    ]
    return {"users": users, **rights}


def rabbitmq_hash(password: str) -> str:
    """Return what RabbitMQ keeps of a password; the same for the same one."""
    salt = hashlib.sha256(b"salt" + password.encode()).digest()[:4]
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def serving(kept: Mapping[str, str], service: str) -> Files:
    """Yield the settings of a service that are secret, by the names of their files."""
    yield "leadwire_broker_url", amqp(kept, service)
    yield database_setting(kept, service)
    yield "token_keys.json", token_keys(kept["token-key"], private=service == SIGNS)


def preparing(kept: Mapping[str, str]) -> Files:
    """Yield the settings with which every service is prepared."""
    yield "leadwire_broker_url", amqp(kept, "topology")
    yield "leadwire_admin_database_url", postgres("postgres", kept["postgres"])
    for service in SERVICES:
        yield database_setting(kept, service)


def database_setting(kept: Mapping[str, str], service: str) -> tuple[str, str]:
    """Return the name of the file with the address of a service's database, and its text."""
    role = service.replace("-", "_")
    prefix = service.removesuffix("-svc")
    return f"{prefix}_database_url", postgres(role, kept[f"postgres:{service}"])


def postgres(role: str, password: str) -> str:
    """Return the database's address for a role."""
    return f"postgresql://{role}:{password}@postgres:5432/leadwire"


def amqp(kept: Mapping[str, str], user: str) -> str:
    """Return the broker's address for a user."""
    return f"amqp://{user}:{kept[f'amqp:{user}']}@rabbitmq:5672/leadwire"


def write(
    path: Path, text: str, *, owner: int, mode: int = OWNER_ONLY, group: int | None = None
) -> None:
    """Write a file whole or not at all, at no moment readable by others."""
    path.parent.mkdir(exist_ok=True)
    being_written = path.with_name(f".{path.name}")
    being_written.unlink(missing_ok=True)
    with os.fdopen(
        os.open(being_written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w"
    ) as file:
        file.write(text)
        os.fchmod(file.fileno(), mode)  # while it is ours
        os.fchown(file.fileno(), owner, owner if group is None else group)
        file.flush()
        os.fsync(file.fileno())
    being_written.replace(path)


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("root", type=Path, help="where the volumes are mounted")
    does = parser.add_mutually_exclusive_group()
    does.add_argument("--password", choices=PEOPLE, help="print somebody's first password")
    does.add_argument("--users", action="store_true", help="print the file of users")
    does.add_argument("--take-users", action="store_true", help="take it from standard input")
    given = parser.parse_args()
    if given.password:
        print(keep(given.root / "keep" / "secrets.json")[given.password])
    elif given.users:
        print((given.root / USERS).read_text())
    elif given.take_users:
        take_users(given.root, sys.stdin.read(), owner=Accounts().services)
    else:
        make(given.root, accounts=Accounts())


if __name__ == "__main__":
    main()
