"""What every service reads from the environment about who may come in."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from leadwire.http.clients import networks_of
from leadwire.http.hosts import hosts_from


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _are_networks(text: str) -> str:
    networks_of(text)
    return text


def _are_hosts(text: str) -> str:
    hosts_from(text)
    return text


class AccessSettings(BaseSettings):
    """Settings of access."""

    model_config = SettingsConfigDict(
        env_ignore_empty=True, populate_by_name=True, extra="ignore", frozen=True
    )

    auth: Annotated[Literal["off", "on"], BeforeValidator(_lower)] = Field(
        validation_alias="LEADWIRE_AUTH",
        description="`on`: who asks must show credentials of `LEADWIRE_USERS_FILE`, or a token. "
        "`off`: anybody who reaches the service may do everything; keep it inside a trusted "
        "network.",
    )
    users_file: Path | None = Field(
        default=None,
        validation_alias="LEADWIRE_USERS_FILE",
        description="File of users and API keys, which `leadwire users` writes; with "
        "`LEADWIRE_AUTH=on`. It is read again when it changes.",
    )
    token_keys_file: Path | None = Field(
        default=None,
        validation_alias="LEADWIRE_TOKEN_KEYS_FILE",
        description="JSON Web Key Set of the keys of tokens, which `leadwire token-keys` writes; "
        "with `LEADWIRE_AUTH=on`. manager-svc signs and needs private parts. It is read again when "
        "it changes.",
    )
    token_lifetime: int = Field(
        default=3600,
        ge=60,
        le=7 * 86400,
        validation_alias="LEADWIRE_TOKEN_LIFETIME_S",
        description="Seconds for which a token is good. It is good until then also if its user is "
        "removed.",
    )
    trusted_proxies: Annotated[str, AfterValidator(_are_networks)] = Field(
        default="",
        validation_alias="LEADWIRE_TRUSTED_PROXIES",
        description="Networks of the gateways in front, with commas between them, as "
        "`10.0.0.0/8`. Theirs are not the addresses of clients: those stand in "
        "`X-Forwarded-For`.",
    )
    allowed_hosts: Annotated[str, AfterValidator(_are_hosts)] = Field(
        default="",
        validation_alias="LEADWIRE_ALLOWED_HOSTS",
        description="Names under which the service is asked, beside localhost and addresses, with "
        "commas between them: `leads.example.com`, `*.example.com` for all below, `*` for any. "
        "Another one in `Host` gets 421. Without this no name is served where access is off, the "
        "service listens on this machine alone, and no proxy is trusted; elsewhere any is.",
    )

    @model_validator(mode="after")
    def _access_has_its_files(self) -> Self:
        missing = [
            name
            for name, file in {
                "LEADWIRE_USERS_FILE": self.users_file,
                "LEADWIRE_TOKEN_KEYS_FILE": self.token_keys_file,
            }.items()
            if self.auth == "on" and file is None
        ]
        if missing:
            raise ValueError(
                f"{' and '.join(missing)} must be set with LEADWIRE_AUTH=on; `leadwire users` and "
                "`leadwire token-keys` make such files"
            )
        return self
