"""Settings of a run: from the environment, right or refused before anything is started."""

import shlex
from pathlib import Path

import pytest

from leadwire.service import SettingsError
from leadwire_standalone.data import ENVIRONMENT
from leadwire_standalone.environment import keep_environment
from leadwire_standalone.options import Options
from leadwire_standalone.provisioning import ROLES, check_settings, role_url, service_settings

PLACES = {
    "IMPORT_FILES_URL": "file:///tmp/files",
    "NOTIFIER_EMAIL_URL": "file:///tmp/mail",
    "NOTIFIER_EMAIL_FROM": "leadwire@localhost",
    "NOTIFIER_ALERT_EMAIL_TO": "sales@localhost",
}


@pytest.fixture(autouse=True)
def _places(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in PLACES.items():
        monkeypatch.setenv(name, value)


def options(**urls: str | None) -> Options:
    chosen: dict[str, str | None] = {"database_url": None, "broker_url": None, **urls}
    return Options(
        port=0,
        data=Path("/nowhere"),
        database_url=chosen["database_url"],
        broker_url=chosen["broker_url"],
    )


def test_each_service_gets_its_own_role_and_all_the_same_broker() -> None:
    passwords = {role: f"password/of@{role}" for role in ROLES}
    settings = service_settings(
        admin_url="postgresql://admin:secret@db:5433/leadwire?sslmode=disable",
        broker_url="memory://here",
        passwords=passwords,
    )
    urls = {name: each.database_url.get_secret_value() for name, each in settings.items()}
    assert urls["stream-svc"] == (
        "postgresql://stream_svc:password%2Fof%40stream_svc@db:5433/leadwire?sslmode=disable"
    )
    assert len(set(urls.values())) == len(settings) == 4
    assert {each.broker_url.get_secret_value() for each in settings.values()} == {"memory://here"}
    assert not any("secret" in url for url in urls.values())


def test_a_role_s_url_needs_no_administrator_in_it() -> None:
    assert role_url("postgresql://db/x", role="a b", password="p") == "postgresql://a%20b:p@db/x"


def test_a_wrong_setting_of_every_service_is_told_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADWIRE_DRAIN_WITHIN_S", "banana")
    monkeypatch.setenv("STREAM_HEARTBEAT_S", "banana")
    with pytest.raises(SettingsError) as refused:
        check_settings(options())
    assert [fault.split()[0] for fault in refused.value.faults] == [
        "LEADWIRE_DRAIN_WITHIN_S",
        "STREAM_HEARTBEAT_S",
    ]
    assert "banana" not in str(refused.value)


@pytest.mark.parametrize(
    ("urls", "named"),
    [
        ({"broker_url": "kafka://u:hidden@broker"}, "LEADWIRE_BROKER_URL"),
        ({"database_url": "mysql://u:hidden@db/x"}, "DATABASE_URL"),
    ],
)
def test_a_url_of_another_kind_is_refused_and_not_quoted(urls: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=f"^{named} is wrong") as refused:
        check_settings(options(**urls))
    assert "hidden" not in str(refused.value)


def test_access_control_that_is_asked_for_is_not_silently_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LEADWIRE_AUTH", "on")
    with pytest.raises(SettingsError, match="LEADWIRE_USERS_FILE and LEADWIRE_TOKEN_KEYS_FILE"):
        check_settings(options())


def test_commands_beside_a_run_with_access_control_find_its_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LEADWIRE_AUTH", "on")
    monkeypatch.setenv("LEADWIRE_USERS_FILE", "users.json")
    monkeypatch.setenv("LEADWIRE_TOKEN_KEYS_FILE", "/run/secrets/token keys.json")
    monkeypatch.setenv("NOTIFIER_WEBHOOK_ALLOWED_NETWORKS", "127.0.0.0/8")
    monkeypatch.setenv("NOTIFIER_WEBHOOK_ALLOW_HTTP", "true")
    passwords = dict.fromkeys(ROLES, "p")
    settings = service_settings(
        admin_url="postgresql://db/x", broker_url="memory://here", passwords=passwords
    )
    keep_environment(tmp_path, settings)
    kept = shlex.split((tmp_path / ENVIRONMENT).read_text())
    assert f"LEADWIRE_USERS_FILE={Path.cwd() / 'users.json'}" in kept
    assert "LEADWIRE_TOKEN_KEYS_FILE=/run/secrets/token keys.json" in kept


def test_an_administrator_of_elsewhere_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADWIRE_ADMIN_DATABASE_URL", "postgresql://admin@elsewhere/x")
    settings = service_settings(
        admin_url="postgresql://db/x",
        broker_url="memory://here",
        passwords=dict.fromkeys(ROLES, "p"),
    )
    assert {each.admin_database_url for each in settings.values()} == {None}
