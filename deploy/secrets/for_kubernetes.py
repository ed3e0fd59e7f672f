"""Make the Secrets of the dev overlay: in a Job, or with `--print` for `kubectl apply -f -`.

    for_kubernetes.py deploy/rabbitmq/rights.json [--print]

What is random stands in the Secret `dev-passwords`, which is created first: a Job that was killed
goes on with those values when it is started again. A Secret that is there already is left as it is.

Needs argon2-cffi and cryptography, which the images of the services have.
"""

import json
import ssl
import sys
from base64 import b64decode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import installation

Values = Mapping[str, str]

ROOT: Final = "dev-passwords"

API = "https://kubernetes.default.svc/api/v1/namespaces/{namespace}/secrets"
ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
ANSWER_WITHIN: Final = 10.0


def secrets_from(
    kept: installation.Kept, rights: Mapping[str, Any]
) -> Iterator[tuple[str, Values]]:
    """Give name and values of each Secret that the overlay refers to.

    Args:
        kept: What is random.
        rights: Virtual host and rights, as RabbitMQ imports them.
    """
    yield "postgres", {"password": kept[installation.DATABASE]}
    yield "rabbitmq", {"definitions.json": installation.rabbitmq_definitions(kept, rights)}
    yield "users", {"users.json": installation.first_users(kept)}
    yield "token-keys", {"token-keys.json": installation.token_keys(kept, private=True)}
    yield "token-keys-public", {"token-keys.json": installation.token_keys(kept, private=False)}
    for service in installation.SERVICES:
        yield service, dict(installation.serving(kept, service))
        yield f"{service}-prepare", dict(installation.preparing(kept, service))


def as_keys(kept: installation.Kept) -> Values:
    """Name what is kept as a Secret may: without colons."""
    return {name.replace(":", "."): text for name, text in kept.items()}


def from_keys(values: Values) -> installation.Kept:
    """Return what was kept under such names."""
    return {name.replace(".", ":"): text for name, text in values.items()}


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
    kept: installation.Kept = installation.completed({})
    if options == ("--print",):
        made = [(ROOT, as_keys(kept)), *secrets_from(kept, rights)]
        items = [manifest(name, values) for name, values in made]
        json.dump({"apiVersion": "v1", "kind": "List", "items": items}, sys.stdout)
        return
    cluster = Cluster()
    if not cluster.create(ROOT, as_keys(kept)):
        kept = from_keys(cluster.values(ROOT))
    for name, values in secrets_from(kept, rights):
        state = "created" if cluster.create(name, values) else "is there"
        sys.stdout.write(f"secret/{name} {state}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
