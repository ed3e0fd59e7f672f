"""All environment variables of notifier-svc."""

from email.utils import parseaddr
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from leadwire.service import ServiceSettings
from notifier_svc.domain.urls import networks_of
from notifier_svc.mail import EmailConfigurationError, transport_from_url


def _has_address(text: str) -> str:
    _, address = parseaddr(text)
    local_part, _, domain = address.rpartition("@")
    if not local_part or not domain or any(character < " " for character in text):
        raise ValueError("it must be an email address, as in `Leadwire <leads@example.com>`")
    return text


def _address_alone(text: str) -> str:
    """Leave the display name out: an email's recipient has none."""
    return parseaddr(_has_address(text))[1]


def _names_a_transport(url: SecretStr) -> SecretStr:
    try:
        transport_from_url(url.get_secret_value())
    except EmailConfigurationError as error:
        raise ValueError(str(error)) from None
    return url


def _names_networks(text: str) -> str:
    networks_of(text)
    return text


Mailbox = Annotated[str, AfterValidator(_has_address)]
AddressAlone = Annotated[str, AfterValidator(_address_alone)]
TransportUrl = Annotated[SecretStr, AfterValidator(_names_a_transport)]
Networks = Annotated[str, AfterValidator(_names_networks)]


class NotifierSettings(ServiceSettings):
    """Settings of notifier-svc; its own variables begin with `NOTIFIER_`."""

    model_config = SettingsConfigDict(env_prefix="NOTIFIER_")

    email_url: TransportUrl = Field(
        description="How emails are sent: `file:///some/directory` writes them as .eml files.",
    )
    email_from: Mailbox = Field(
        description="Sender of all emails, for example `Leadwire <leads@example.com>`.",
    )
    alert_email_to: AddressAlone | None = Field(
        default=None,
        description="Who is told of each lead from the form; nobody if it is not set.",
    )
    email_max_attempts: int = Field(
        default=10, ge=1, le=100, description="After this many failures an email is parked."
    )
    email_send_within_s: float = Field(
        default=30.0, gt=0, le=300, description="Seconds that one attempt to send may take."
    )
    journal_retention_days: int = Field(
        default=30,
        ge=1,
        le=40,
        description="Days for which every event is kept for replay; less than the 45 days for "
        "which consumers remember what they have handled.",
    )
    delivery_retention_days: int = Field(
        default=30, ge=1, le=3650, description="Days for which finished deliveries are kept."
    )
    webhook_allowed_networks: Networks = Field(
        default="",
        description="Networks or addresses, separated by commas, that webhooks may reach although "
        "they are not public, for example `10.1.0.0/16,192.0.2.7`.",
    )
    webhook_allow_http: bool = Field(
        default=False,
        description="Whether webhooks may have URLs with `http://`: whoever is on the way reads "
        "what is sent.",
    )
    replay_rate: int = Field(
        default=500, ge=1, le=100_000, description="Most events a second that a replay sends."
    )
    replay_max_backlog: int = Field(
        default=200,
        ge=1,
        le=1_000_000,
        description="A replay waits while so many events wait for its subscription, or so many "
        "deliveries for its webhook: what is new waits behind them.",
    )
    replay_max_running: int = Field(
        default=10, ge=1, le=100, description="Most replays that run at once."
    )
    replay_retention_days: int = Field(
        default=30, ge=1, le=3650, description="Days for which replays that ended are kept."
    )
