"""What every service reads from the environment, and how it says that something is wrong."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource
from pydantic_settings import SettingsError as UnreadableSettingError

from leadwire.broker import BrokerConfigurationError, broker_from_url
from leadwire.db import check_address
from leadwire.observability import LogFormat
from leadwire.service.access_settings import AccessSettings
from leadwire.service.secret_files import SecretFiles, SecretFilesError, and_not_in_a_file

_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def _is_postgres(url: SecretStr) -> SecretStr:
    check_address(url.get_secret_value())
    return url


def _is_some_broker(url: SecretStr) -> SecretStr:
    try:
        # The transport alone knows what it takes. A client that is not started holds nothing.
        broker_from_url(url.get_secret_value(), name="settings")
    except BrokerConfigurationError as error:
        raise ValueError(str(error)) from None
    return url


def _is_host(value: str) -> str:
    if _HOST.fullmatch(value) is None and not _is_ip(value):
        raise ValueError("it must be an address like 127.0.0.1 or the name of a host, no port")
    return value


def _is_ip(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return True


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


PostgresUrl = Annotated[SecretStr, AfterValidator(_is_postgres)]
BrokerUrl = Annotated[SecretStr, AfterValidator(_is_some_broker)]
LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)]

_SETTINGS = TypeVar("_SETTINGS", bound="ServiceSettings")


class ServiceSettings(AccessSettings):
    """Settings of one service; each service subclasses it with its own `env_prefix`."""

    broker_url: BrokerUrl = Field(
        validation_alias="LEADWIRE_BROKER_URL",
        description="Address of the message broker, for example `amqp://user:password@host:5672/`.",
    )
    admin_database_url: PostgresUrl | None = Field(
        default=None,
        validation_alias="LEADWIRE_ADMIN_DATABASE_URL",
        description="Address of the database as an administrator, for `migrate` only: with it, "
        "the service's role and schema are made first.",
    )
    secrets_dir: Path | None = Field(
        default=None,
        validation_alias="LEADWIRE_SECRETS_DIR",
        description="Directory with settings in files: one that is named as a variable, in lower "
        "case, as `leadwire_broker_url`, stands in for it. What the environment says counts more.",
    )
    http_host: Annotated[str, AfterValidator(_is_host)] = Field(
        default="127.0.0.1",
        validation_alias="LEADWIRE_HTTP_HOST",
        description="Address to listen on; `0.0.0.0` in a container.",
    )
    http_port: int = Field(
        default=8080,
        ge=0,
        le=65535,
        validation_alias="LEADWIRE_HTTP_PORT",
        description="Port to listen on; 0 for any free one.",
    )
    log_level: LogLevel = Field(
        default="INFO",
        validation_alias="LEADWIRE_LOG_LEVEL",
        description="Lowest level that is logged: DEBUG, INFO, WARNING or ERROR.",
    )
    log_format: Annotated[LogFormat, BeforeValidator(_lower)] = Field(
        default="auto",
        validation_alias="LEADWIRE_LOG_FORMAT",
        description="`json`, `text`, or `auto`: text on a terminal, JSON elsewhere.",
    )
    connect_within: float = Field(
        default=60.0,
        gt=0,
        le=3600,
        validation_alias="LEADWIRE_CONNECT_WITHIN_S",
        description="Seconds that a start waits for a database or a broker that is not there yet.",
    )
    drain_delay: float = Field(
        default=0.0,
        ge=0,
        le=120,
        validation_alias="LEADWIRE_DRAIN_DELAY_S",
        description="Seconds that a stopping process still listens and serves while `/readyz` "
        "says 503, so that a balancer notices; behind one, 5 to 15.",
    )
    drain_within: float = Field(
        default=20.0,
        gt=0,
        le=600,
        validation_alias="LEADWIRE_DRAIN_WITHIN_S",
        description="Seconds that running requests have to finish after that.",
    )
    otel_endpoint: str | None = Field(
        default=None,
        validation_alias="LEADWIRE_OTEL_ENDPOINT",
        description="Address of an OpenTelemetry collector (OTLP over HTTP), for example "
        "`http://collector:4318`; needs the extra `leadwire[otel]`.",
    )
    database_url: PostgresUrl = Field(
        description="Address of the database with the service's own role and password, for "
        "example `postgresql://role:password@host:5432/leadwire`.",
    )
    database_pool_size: int = Field(
        default=8,
        ge=1,
        le=200,
        description="Most database connections in the pool; more than events and "
        "commands are handled at once, which are never more than 4.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no such file is read
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - ours finds its place
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return where settings come from; what comes first counts more."""
        return init_settings, env_settings, SecretFiles(settings_cls)

    @field_validator("otel_endpoint")
    @classmethod
    def _is_http(cls, value: str | None) -> str | None:
        if value is not None and urlsplit(value).scheme not in {"http", "https"}:
            raise ValueError("it must start with http:// or https://")
        return value


class SettingsError(Exception):
    """Settings are missing or wrong.

    Args:
        faults: One line for each, naming the environment variable and what to set; without
            the values, which may be secret.
    """

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentVariable:
    """One setting as an operator sees it.

    Attributes:
        name: Name of the variable.
        field: Name of the field in the settings class.
        description: What it means, in Markdown.
        required: Whether the service refuses to start without it.
        default: Its default, as one would write it; None if there is none.
        secret: Whether its value must not be shown.
    """

    name: str
    field: str
    description: str
    required: bool
    default: str | None
    secret: bool


def environment_variables(settings: type[ServiceSettings]) -> Iterator[EnvironmentVariable]:
    """Describe every variable that a settings class reads."""
    for field_name, field in settings.model_fields.items():
        has_default = not field.is_required() and field.default is not None
        yield EnvironmentVariable(
            name=_variable(settings, field_name, field),
            field=field_name,
            description=field.description or "",
            required=field.is_required(),
            default=str(field.default) if has_default else None,
            secret="SecretStr" in str(field.annotation),
        )


def variable_of(settings: type[ServiceSettings], field: str) -> str:
    """Return the name of the variable that a field is read from."""
    return _variable(settings, field, settings.model_fields[field])


def load_settings(settings: type[_SETTINGS], **given: Any) -> _SETTINGS:
    """Read the settings from the environment, and from files where it names their directory.

    Args:
        settings: The settings class.
        given: Values by field, which the environment does not overrule.

    Raises:
        SettingsError: Something is missing or wrong.
    """
    try:
        return settings(**given)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        raise SettingsError([_fault(settings, each) for each in details]) from None
    except UnreadableSettingError as error:
        # Raised for a list or mapping that is not JSON; its message names the field.
        named = [
            f"{variable.name} is wrong: it must be JSON. {variable.description}".rstrip()
            for variable in environment_variables(settings)
            if f'"{variable.field}"' in str(error) or f'"{variable.name}"' in str(error)
        ]
        raise SettingsError(named or [str(error)]) from None
    except SecretFilesError as error:
        raise SettingsError([str(error)]) from None


def _fault(settings: type[ServiceSettings], error: ErrorDetails) -> str:
    key = str(error["loc"][0]) if error["loc"] else ""
    for variable in environment_variables(settings):
        if key in {variable.name, variable.field}:
            if error["type"] == "missing":
                absent = f"is not set{and_not_in_a_file(variable.name)}"
                return f"{variable.name} {absent}. {variable.description}".rstrip()
            reason = error["msg"].removeprefix("Value error, ")
            return f"{variable.name} is wrong: {reason}. {variable.description}".rstrip()
    return error["msg"].removeprefix("Value error, ")


def _variable(settings: type[ServiceSettings], name: str, field: FieldInfo) -> str:
    if isinstance(field.validation_alias, str):
        return field.validation_alias
    return f"{settings.model_config.get('env_prefix', '')}{name}".upper()
