"""The Job of dev makes Secrets that fit together, also if it was killed on the way."""

import json
import ssl
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest
import trustme

import for_kubernetes
from manifests import ROOT, dev_secrets

RIGHTS = str(ROOT / "deploy" / "rabbitmq" / "rights.json")
TOKEN = "of-the-account"


class Api(ThreadingHTTPServer):
    """As much of Kubernetes' API as the Job's account may use.

    Attributes:
        secrets: What was created, by name.
        fails_after: So many creations are allowed.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.secrets: dict[str, dict[str, str]] = {}
        self.fails_after = 100


class _Handler(BaseHTTPRequestHandler):
    server: Api

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = body["metadata"]["name"]
        if name in self.server.secrets:
            self._answer(409, {})
        elif len(self.server.secrets) >= self.server.fails_after:
            self._answer(500, {})
        else:
            self.server.secrets[name] = body["stringData"]
            self._answer(201, body)

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        if name != "dev-passwords":
            self._answer(403, {})
            return
        values = self.server.secrets[name].items()
        self._answer(200, {"data": {key: b64encode(v.encode()).decode() for key, v in values}})

    def _answer(self, status: int, body: object) -> None:
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            status = 401
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name
        pass


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    authority, server = trustme.CA(), Api()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.crt"))
    (tmp_path / "namespace").write_text("leadwire")
    (tmp_path / "token").write_text(TOKEN)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    monkeypatch.setattr(for_kubernetes, "ACCOUNT", tmp_path)
    url = f"https://127.0.0.1:{server.server_port}/api/v1/namespaces/{{namespace}}/secrets"
    monkeypatch.setattr(for_kubernetes, "API", url)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("killed_after", [0, 1, 5, 100])
def test_what_was_begun_is_gone_on_with(api: Api, killed_after: int) -> None:
    api.fails_after = killed_after
    if killed_after < 100:
        with pytest.raises(HTTPError):
            for_kubernetes.main(RIGHTS)
    api.fails_after = 100

    for_kubernetes.main(RIGHTS)

    assert api.secrets.keys() == dev_secrets().keys()
    _assert_that_they_fit(api.secrets)


def test_what_is_there_stays_as_it_is(api: Api) -> None:
    for_kubernetes.main(RIGHTS)
    before = json.dumps(api.secrets)

    for_kubernetes.main(RIGHTS)

    assert json.dumps(api.secrets) == before


def _assert_that_they_fit(secrets: dict[str, dict[str, str]]) -> None:
    assert secrets["postgres"]["password"] == secrets["dev-passwords"]["postgres"]
    definitions = json.loads(secrets["rabbitmq"]["definitions.json"])
    hashes = {each["name"]: each["password_hash"] for each in definitions["users"]}
    for service in ("import", "manager", "notifier", "stream"):
        own, preparing = secrets[f"{service}-svc"], secrets[f"{service}-svc-prepare"]
        assert own[f"{service}_database_url"] == preparing[f"{service}_database_url"]
        administrator = urlsplit(preparing["leadwire_admin_database_url"])
        assert administrator.password == secrets["postgres"]["password"]
        for url in (own["leadwire_broker_url"], preparing["leadwire_broker_url"]):
            user = urlsplit(url)
            assert user.username is not None
            assert user.password is not None
            assert _hashed_as(hashes[user.username], user.password)


def _hashed_as(hashed: str, password: str) -> bool:
    """Hash as RabbitMQ does: four bytes of salt, then SHA-256 of salt and password."""
    salt = b64decode(hashed)[:4]
    return hashed == b64encode(salt + sha256(salt + password.encode()).digest()).decode()
