"""The secrets of an installation by Compose: made once, each for one reader, and good for use."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import aio_pika
import jwt
import pytest
from yarl import URL

import for_compose
from leadwire.service import load_settings
from leadwire.testing.rabbitmq import RabbitMQServer, Vhost
from leadwire_standalone.services import SERVICES

RIGHTS = Path(__file__).parents[2] / "deploy" / "rabbitmq" / "rights.json"
ME = for_compose.Accounts(services=os.getuid(), server=os.getuid(), grafana=os.getuid())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    make(tmp_path)
    return tmp_path


def make(root: Path) -> None:
    for_compose.make(root, rights=RIGHTS, accounts=ME)


def contents(root: Path) -> dict[str, str]:
    return {str(each): each.read_text() for each in root.rglob("*") if each.is_file()}


def definitions(root: Path) -> Any:
    return json.loads((root / "rabbitmq" / "definitions.json").read_text())


def test_what_is_made_once_stays_whatever_is_lost_of_it(root: Path) -> None:
    before = contents(root)
    make(root)
    assert contents(root) == before
    for name in before:
        if not name.endswith(("/keep/secrets.json", "/users/users.json")):
            Path(name).unlink()
    make(root)
    assert contents(root) == before


def test_two_installations_have_nothing_in_common(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    make(other)
    one, two = (json.loads((each / "keep" / "secrets.json").read_text()) for each in (root, other))
    assert one.keys() == two.keys()
    assert not set(one.values()) & set(two.values())


def test_a_run_that_was_killed_before_or_after_it_kept_them_is_made_good(root: Path) -> None:
    path = root / "keep" / "secrets.json"
    kept = json.loads(path.read_text())
    gone = kept.pop("amqp:stream-svc")  # as of an earlier version, which did not know it
    path.unlink()
    path.write_text(json.dumps(kept))
    (root / "keep" / ".secrets.json").write_text("{half")
    make(root)
    now = json.loads(path.read_text())
    assert now.pop("amqp:stream-svc") != gone
    assert now == kept
    assert not (root / "keep" / ".secrets.json").exists()


def test_nobody_else_may_read_a_file_but_hashes(root: Path) -> None:
    modes = {
        str(each.relative_to(root)): stat.S_IMODE(each.stat().st_mode)
        for each in root.rglob("*")
        if each.is_file()
    }
    assert modes.pop("rabbitmq/definitions.json") == 0o444
    assert modes.pop("users/users.json") == 0o440
    assert set(modes.values()) == {0o400}
    kept = json.loads((root / "keep" / "secrets.json").read_text())
    hashed = (root / "rabbitmq" / "definitions.json").read_text()
    hashed += (root / "users" / "users.json").read_text()
    assert not [name for name, secret in kept.items() if secret in hashed]


@pytest.mark.parametrize("service", SERVICES, ids=lambda each: str(each.name))
def test_a_service_starts_with_its_files_and_sees_none_of_another(
    service: Any, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [each for each in os.environ if each.split("_")[0] in PREFIXES]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LEADWIRE_SECRETS_DIR", str(root / service.name))
    monkeypatch.setenv("LEADWIRE_AUTH", "on")
    monkeypatch.setenv("LEADWIRE_USERS_FILE", str(root / "users" / "users.json"))
    monkeypatch.setenv("LEADWIRE_TOKEN_KEYS_FILE", str(root / service.name / "token_keys.json"))
    monkeypatch.setenv("IMPORT_FILES_URL", root.as_uri())
    monkeypatch.setenv("NOTIFIER_EMAIL_URL", root.as_uri())
    monkeypatch.setenv("NOTIFIER_EMAIL_FROM", "leads@example.com")
    settings = load_settings(service.settings)
    assert URL(settings.broker_url.get_secret_value()).user == service.name
    assert URL(settings.database_url.get_secret_value()).user == service.schema
    assert settings.admin_database_url is None
    [key] = json.loads((root / service.name / "token_keys.json").read_text())["keys"]
    assert ("d" in key) is (service.name == "manager-svc")


PREFIXES = {"LEADWIRE", "IMPORT", "MANAGER", "NOTIFIER", "STREAM"}


def test_what_manager_svc_signs_the_others_verify(root: Path) -> None:
    keys = {
        service.name: json.loads((root / service.name / "token_keys.json").read_text())["keys"][0]
        for service in SERVICES
    }
    signs = jwt.PyJWK(keys["manager-svc"], algorithm="EdDSA")
    token = jwt.encode({"sub": "ada"}, signs.key, algorithm="EdDSA")
    for key in keys.values():
        verifies = jwt.PyJWK(key, algorithm="EdDSA")
        assert jwt.decode(token, verifies.key, algorithms=["EdDSA"]) == {"sub": "ada"}


def test_the_file_of_users_is_an_operators(root: Path) -> None:
    operators = json.dumps({"users": [], "keys": []})
    for_compose.take_users(root, operators, owner=os.getuid())
    make(root)
    assert (root / "users" / "users.json").read_text() == operators
    for broken in ("{half", '{"people": []}', ""):
        with pytest.raises(ValueError, match=r"people: Extra|Invalid JSON"):
            for_compose.take_users(root, broken, owner=os.getuid())
    assert (root / "users" / "users.json").read_text() == operators


def test_what_is_renewed_are_all_but_peoples_passwords(root: Path) -> None:
    kept = json.loads((root / "keep" / "secrets.json").read_text())
    users = (root / "users" / "users.json").read_text()
    for_compose.renew(root)
    make(root)
    now = json.loads((root / "keep" / "secrets.json").read_text())
    assert now.keys() == kept.keys()
    assert {name for name in now if now[name] == kept[name]} == {"admin", "grafana"}
    assert (root / "users" / "users.json").read_text() == users
    assert (root / "postgres" / "password").read_text() == now["postgres"]


async def test_rabbitmq_takes_the_users_and_lets_them_in(
    root: Path, private_rabbitmq: RabbitMQServer, tmp_path: Path
) -> None:
    host = Vhost(server=private_rabbitmq)
    await host.create()
    made = definitions(root)
    for each in (*made["permissions"], *made["topic_permissions"]):
        each["vhost"] = host.name
    path = tmp_path / "definitions.json"
    path.write_text(json.dumps({**made, "vhosts": []}))
    await private_rabbitmq.ctl("import_definitions", str(path))
    for reader in ("prepare", "stream-svc"):
        told = URL((root / reader / "leadwire_broker_url").read_text())
        url = URL(host.url).with_user(told.user).with_password(told.password)
        async with await aio_pika.connect(url) as connection:
            await connection.channel()
    await host.delete()
