"""A wrong or missing setting is named by its environment variable, never with its value."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from leadwire.service import (
    ServiceSettings,
    SettingsError,
    environment_variables,
    load_settings,
)


class ProbeSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="PROBE_")

    sizes: list[int] = Field(default=[1], description="Sizes as a JSON list.")
    api_key: SecretStr | None = Field(default=None, description="A key.", min_length=8)


GOOD = {
    "LEADWIRE_AUTH": "off",
    "LEADWIRE_BROKER_URL": "amqp://leadwire:hunter2@broker/",
    "PROBE_DATABASE_URL": "postgresql://probe:hunter2@db/leadwire",
}

SetEnvironment = Callable[..., None]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> SetEnvironment:
    """Set exactly these variables of ours."""

    def set_variables(**changes: str | None) -> None:
        for variable in environment_variables(ProbeSettings):
            monkeypatch.delenv(variable.name, raising=False)
        for name, value in (GOOD | changes).items():
            if value is not None:
                monkeypatch.setenv(name, value)

    return set_variables


def faults() -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(ProbeSettings)
    return caught.value.faults


def test_settings_come_from_the_environment(environment: SetEnvironment) -> None:
    environment(
        LEADWIRE_HTTP_PORT="9000",
        LEADWIRE_LOG_LEVEL="debug",
        LEADWIRE_LOG_FORMAT="JSON",
        LEADWIRE_DRAIN_WITHIN_S="1.5",
        PROBE_DATABASE_POOL_SIZE="3",
        PROBE_SIZES="[1, 2]",
    )

    settings = load_settings(ProbeSettings)

    assert (settings.http_port, settings.log_level, settings.log_format) == (9000, "DEBUG", "json")
    assert (settings.drain_within, settings.database_pool_size) == (1.5, 3)
    assert settings.database_url.get_secret_value() == GOOD["PROBE_DATABASE_URL"]
    assert settings.sizes == [1, 2]


def test_what_is_not_set_has_a_safe_default(environment: SetEnvironment) -> None:
    environment()

    assert load_settings(ProbeSettings).http_host == "127.0.0.1"


def test_tests_and_standalone_construct_settings_by_field_name() -> None:
    settings = ProbeSettings(
        auth="off",
        broker_url=SecretStr("memory://probe"),
        database_url=SecretStr("postgresql://a:b@c/d"),
        http_port=0,
    )

    assert settings.http_port == 0


@pytest.mark.parametrize("kept", [(), ("LEADWIRE_USERS_FILE",), ("LEADWIRE_TOKEN_KEYS_FILE",)])
def test_access_without_its_files_is_refused(
    environment: SetEnvironment, kept: tuple[str, ...]
) -> None:
    environment(LEADWIRE_AUTH="on", **dict.fromkeys(kept, "/etc/leadwire/file.json"))

    (fault,) = faults()
    needed = {"LEADWIRE_USERS_FILE", "LEADWIRE_TOKEN_KEYS_FILE"}
    assert {name for name in needed if name in fault} == needed - set(kept)


@pytest.mark.parametrize("name", sorted(GOOD))
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_or_empty_setting_is_named(
    environment: SetEnvironment, name: str, value: str | None
) -> None:
    environment(**{name: value})

    (fault,) = faults()
    assert fault.startswith(f"{name} is not set. ")
    assert len(fault) > len(f"{name} is not set. ")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("LEADWIRE_TRUSTED_PROXIES", "10.0.0.0/8,gateway", "does not appear to be"),
        ("LEADWIRE_ALLOWED_HOSTS", "http://hunter2", "without a port"),
        ("LEADWIRE_TOKEN_LIFETIME_S", "1", "60"),
        ("LEADWIRE_AUTH", "maybe", "'off'"),
        ("LEADWIRE_BROKER_URL", "kafka://u:hunter2@h/", "amqp://"),
        ("LEADWIRE_BROKER_URL", "hunter2", "amqp://"),
        ("LEADWIRE_BROKER_URL", "memory://", "memory://name"),
        ("LEADWIRE_BROKER_URL", "amqp://u:hunter2@h:notaport/", "amqp"),
        ("LEADWIRE_BROKER_URL", "amqps://u:hunter2@h/?cafile=/nowhere/ca.pem", "cafile"),
        ("LEADWIRE_BROKER_URL", "postgresql://u:hunter2@h:notaport/d", "host:5432"),
        ("LEADWIRE_BROKER_URL", "postgresql://u:hunter2@h/d?sslmode=bogus", "verify-full"),
        ("LEADWIRE_BROKER_URL", "postgresql://u:hunter2@[h/d", "URL"),
        ("LEADWIRE_HTTP_HOST", "http://hunter2", "127.0.0.1"),
        ("LEADWIRE_HTTP_HOST", "127.0.0.1:8080", "no port"),
        ("LEADWIRE_HTTP_PORT", "99999", "65535"),
        ("LEADWIRE_HTTP_PORT", "http", "integer"),
        ("LEADWIRE_LOG_LEVEL", "LOUD", "'DEBUG'"),
        ("LEADWIRE_LOG_FORMAT", "xml", "'json'"),
        ("LEADWIRE_DRAIN_WITHIN_S", "0", "greater than 0"),
        ("LEADWIRE_CONNECT_WITHIN_S", "-1", "greater than 0"),
        ("LEADWIRE_OTEL_ENDPOINT", "collector:4318", "http://"),
        ("LEADWIRE_ADMIN_DATABASE_URL", "mysql://u:hunter2@h/d", "postgresql://"),
        ("PROBE_DATABASE_URL", "mysql://u:hunter2@h/d", "postgresql://"),
        ("LEADWIRE_ADMIN_DATABASE_URL", "postgresql://u:hunter2@h:99999/d", "host:5432"),
        ("PROBE_DATABASE_URL", "postgresql://u:hunter2@h:notaport/d", "host:5432"),
        ("PROBE_DATABASE_URL", "postgresql://u:hunter2@[h/d", "host:5432"),
        ("PROBE_DATABASE_URL", "postgresql://u:p@hunter2@h/d", "%40"),
        ("PROBE_DATABASE_URL", "postgresql://u:hunter2@h/d?sslmode=bogus", "verify-full"),
        ("PROBE_DATABASE_URL", "postgresql://u:hunter2@h/d?sslmode", "host:5432"),
        ("PROBE_DATABASE_URL", "postgresql://u:hunter2@a,b:1,c:x/d", "host:5432"),
        (
            "PROBE_DATABASE_URL",
            "postgresql://u:hunter2@h/d?sslmode=verify-full&sslrootcert=/nowhere/ca.pem",
            "certificate",
        ),
        ("PROBE_DATABASE_POOL_SIZE", "0", "greater than or equal to 1"),
        ("PROBE_API_KEY", "hunter2", "at least 8"),
        ("PROBE_SIZES", "1,2", "JSON"),
        ("PROBE_SIZES", '["hunter2"]', "integer"),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_set_and_without_its_value(
    environment: SetEnvironment, name: str, value: str, told: str
) -> None:
    environment(**{name: value})

    (fault,) = faults()
    assert fault.startswith(f"{name} is wrong: ")
    assert told in fault
    assert "hunter2" not in fault


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LEADWIRE_HTTP_HOST", "0.0.0.0"),  # noqa: S104
        ("LEADWIRE_HTTP_HOST", "::"),
        ("LEADWIRE_HTTP_HOST", "leads.internal"),
        ("LEADWIRE_BROKER_URL", "amqps://u:p@h/v?heartbeat=10&namespace=n"),
        ("LEADWIRE_BROKER_URL", "postgresql://u:p@h:5433/d?sslmode=require"),
        ("PROBE_DATABASE_URL", "postgres://u:p%40@h/d"),
        ("PROBE_DATABASE_URL", "postgresql://u:p@a,b:5433/d?target_session_attrs=primary"),
        ("PROBE_DATABASE_URL", "postgresql://u@/d?host=/var/run/postgresql"),
    ],
)
def test_what_servers_take_is_taken(environment: SetEnvironment, name: str, value: str) -> None:
    environment(**{name: value})

    load_settings(ProbeSettings)


def test_all_faults_are_told_at_once(environment: SetEnvironment) -> None:
    environment(LEADWIRE_AUTH=None, LEADWIRE_HTTP_PORT="x", PROBE_DATABASE_URL=None)

    assert sorted(fault.split()[0] for fault in faults()) == [
        "LEADWIRE_AUTH",
        "LEADWIRE_HTTP_PORT",
        "PROBE_DATABASE_URL",
    ]


def test_secrets_do_not_show_in_the_settings_themselves(environment: SetEnvironment) -> None:
    environment()

    assert "hunter2" not in repr(load_settings(ProbeSettings))


def test_every_variable_is_described_for_the_documentation() -> None:
    described: dict[str, Any] = {each.name: each for each in environment_variables(ProbeSettings)}

    assert all(each.description for each in described.values())
    assert described["PROBE_DATABASE_URL"].required
    assert described["PROBE_DATABASE_URL"].secret
    assert described["PROBE_API_KEY"].secret
    assert not described["LEADWIRE_HTTP_PORT"].secret
    assert described["LEADWIRE_HTTP_PORT"].default == "8080"
    assert described["LEADWIRE_ADMIN_DATABASE_URL"].default is None
