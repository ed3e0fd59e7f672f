"""Make the Secrets of the dev overlay: in a Job, or with `--print` for `kubectl apply -f -`.

    make_secrets.py deploy/rabbitmq/rights.json [--print]

All values are random. What others are made from stands in the Secret `dev-passwords`, which is
created first: a Job that was killed goes on with those values when it is started again. A Secret
that is there already is left as it is.

Needs argon2-cffi and cryptography, which the images of the services have.
"""

import json
import ssl
import sys
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes, token_hex, token_urlsafe
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Values = Mapping[str, str]

ROOT = "dev-passwords"
SERVICES = ("import", "manager", "notifier", "stream")
VHOST = "leadwire"
DECLARER = "topology"
ADMINISTRATOR = "admin"

API = "https://kubernetes.default.svc/api/v1/namespaces/{namespace}/secrets"
ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
ANSWER_WITHIN = 10.0


def new_passwords() -> Values:
    """Return what everything else is made from."""
    names = [f"{kind}-{service}" for kind in ("database", "broker") for service in SERVICES]
    names += ["database", f"broker-{DECLARER}", ADMINISTRATOR]
    return {
        **{name: token_urlsafe(24) for name in names},
        "token-key": _base64url(Ed25519PrivateKey.generate().private_bytes_raw()),
        "token-key-id": token_hex(4),
    }


def secrets_from(passwords: Values, rights: Mapping[str, Any]) -> Iterator[tuple[str, Values]]:
    """Give name and values of each Secret that the overlay refers to.

    Args:
        passwords: As `new_passwords` makes them.
        rights: Virtual host, users and their rights, as RabbitMQ imports them.
    """
    yield "postgres", {"password": passwords["database"]}
    yield "rabbitmq", {"definitions.json": json.dumps(_broker_definitions(rights, passwords))}
    yield from _access(passwords)
    administrator = _database_url("postgres", passwords["database"])
    for service in SERVICES:
        role = f"{service}_svc"
        database = {
            f"{service}_database_url": _database_url(role, passwords[f"database-{service}"])
        }
        broker = _broker_url(f"{service}-svc", passwords[f"broker-{service}"])
        declarer = _broker_url(DECLARER, passwords[f"broker-{DECLARER}"])
        yield f"{service}-svc", {**database, "leadwire_broker_url": broker}
        yield (
            f"{service}-svc-prepare",
            {
                **database,
                "leadwire_broker_url": declarer,
                "leadwire_admin_database_url": administrator,
            },
        )


def _access(passwords: Values) -> Iterator[tuple[str, Values]]:
    hashed = PasswordHasher().hash(passwords[ADMINISTRATOR])
    user = {"name": ADMINISTRATOR, "password": hashed, "roles": ["admin"], "manager_id": None}
    yield "users", {"users.json": json.dumps({"users": [user], "keys": []})}
    private = b64decode(passwords["token-key"] + "==", altchars=b"-_")
    public = Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    key = {
        "kty": "OKP",
        "crv": "Ed25519",
        "alg": "EdDSA",
        "kid": passwords["token-key-id"],
        "x": _base64url(public),
    }
    signing = {**key, "d": passwords["token-key"]}
    yield "token-keys-public", {"token-keys.json": json.dumps({"keys": [key]})}
    yield "token-keys", {"token-keys.json": json.dumps({"keys": [signing]})}


def _broker_definitions(rights: Mapping[str, Any], passwords: Values) -> dict[str, Any]:
    """Add passwords to what deploy/rabbitmq says of virtual host, users and their rights."""
    users = dict.fromkeys(each["user"] for each in rights["permissions"])
    return {**rights, "users": [_broker_user(name, passwords) for name in users]}


def _broker_user(name: str, passwords: Values) -> dict[str, Any]:
    salt = token_bytes(4)
    password = passwords[f"broker-{name.removesuffix('-svc')}"]
    return {
        "name": name,
        "password_hash": b64encode(salt + sha256(salt + password.encode()).digest()).decode(),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": "",
    }


def _database_url(role: str, password: str) -> str:
    return f"postgresql://{role}:{password}@postgres:5432/leadwire"


def _broker_url(user: str, password: str) -> str:
    return f"amqp://{user}:{password}@rabbitmq:5672/{VHOST}"


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def manifest(name: str, values: Values) -> dict[str, Any]:
    """Return a Secret as Kubernetes takes it."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/part-of": "leadwire"}},
        "type": "Opaque",
        "stringData": dict(values),
    }


class Cluster:
    """The API of the cluster, as a pod with an account sees it."""

    def __init__(self) -> None:
        namespace = (ACCOUNT / "namespace").read_text()
        self._url = API.format(namespace=namespace)
        self._token = (ACCOUNT / "token").read_text()
        self._tls = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))

    def create(self, name: str, values: Values) -> bool:
        """Create a Secret; returns False if it is there already."""
        try:
            self._ask(self._url, json.dumps(manifest(name, values)).encode())
        except HTTPError as error:
            if error.code != 409:
                raise
            return False
        return True

    def values(self, name: str) -> Values:
        """Return what a Secret holds."""
        data = self._ask(f"{self._url}/{name}", None)["data"]
        return {key: b64decode(value).decode() for key, value in data.items()}

    def _ask(self, url: str, body: bytes | None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        request = Request(url, data=body, headers=headers)  # noqa: S310 - of the constant above
        with urlopen(request, context=self._tls, timeout=ANSWER_WITHIN) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
            return found


def main(rights_file: str, *options: str) -> None:
    """Print the Secrets, or create them."""
    rights = json.loads(Path(rights_file).read_text())
    passwords = new_passwords()
    if options == ("--print",):
        made = [(ROOT, passwords), *secrets_from(passwords, rights)]
        items = [manifest(name, values) for name, values in made]
        json.dump({"apiVersion": "v1", "kind": "List", "items": items}, sys.stdout)
        return
    cluster = Cluster()
    if not cluster.create(ROOT, passwords):
        passwords = cluster.values(ROOT)
    for name, values in secrets_from(passwords, rights):
        state = "created" if cluster.create(name, values) else "is there"
        sys.stdout.write(f"secret/{name} {state}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
