"""All environment variables of notifier-svc."""

from email.utils import parseaddr
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from leadwire.service import ServiceSettings
from notifier_svc.domain.urls import networks_of
from notifier_svc.mail import (
    EmailConfigurationError,
    Letters,
    transport_from_url,
)
from notifier_svc.mail.urls import tls_context


def _has_address(text: str) -> str:
    _, address = parseaddr(text)
    local_part, _, domain = address.rpartition("@")
    if not local_part or not domain or any(character < " " for character in text):
        raise ValueError("it must be an email address, as in `Leadwire <leads@example.com>`")
    if not address.isascii():
        raise ValueError("its address must be ASCII: write its domain as xn--...")
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


def _holds_templates(directory: Path) -> Path:
    try:
        Letters(directory=directory)
    except EmailConfigurationError as error:
        raise ValueError(str(error)) from None
    return directory


def _holds_authorities(file: Path) -> Path:
    try:
        tls_context(file)
    except EmailConfigurationError as error:
        raise ValueError(str(error)) from None
    return file


Mailbox = Annotated[str, AfterValidator(_has_address)]
AddressAlone = Annotated[str, AfterValidator(_address_alone)]
TransportUrl = Annotated[SecretStr, AfterValidator(_names_a_transport)]
Templates = Annotated[Path, AfterValidator(_holds_templates)]
Authorities = Annotated[Path, AfterValidator(_holds_authorities)]
Networks = Annotated[str, AfterValidator(_names_networks)]


class NotifierSettings(ServiceSettings):
    """Settings of notifier-svc; its own variables begin with `NOTIFIER_`."""

    model_config = SettingsConfigDict(env_prefix="NOTIFIER_")

    email_url: TransportUrl = Field(
        description="How emails are sent: `smtp://user:password@host:587`, `smtps://...`, "
        "`sendgrid://KEY@api.sendgrid.com` or `ses://region`; `file:///some/directory` writes them "
        "as .eml files. What else they may say is in docs/guide/email.md.",
    )
    email_from: Mailbox = Field(
        description="Sender of all emails, for example `Leadwire <leads@example.com>`.",
    )
    email_reply_to: Mailbox | None = Field(
        default=None,
        description="Where answers to emails are to go, if not to their sender.",
    )
    alert_email_to: AddressAlone | None = Field(
        default=None,
        description="Who is told of each lead from the form; nobody if it is not set.",
    )
    email_templates: Templates | None = Field(
        default=None,
        description="Directory with templates that replace those of Leadwire; read at the start.",
    )
    email_ca_file: Authorities | None = Field(
        default=None,
        description="PEM file of authorities whose certificates the email server may have, beside "
        "those that the system trusts; with `ses://` in place of them.",
    )
    email_max_attempts: int = Field(
        default=300,
        ge=1,
        le=1000,
        description="After this many failures an email is parked; the default takes three days.",
    )
    email_send_within_s: float = Field(
        default=60.0, ge=5, le=300, description="Seconds that one attempt to send may take."
    )
    email_at_once: int = Field(
        default=4,
        ge=1,
        le=64,
        description="Emails that a replica sends at the same time, each over a connection of its "
        "own.",
    )
    email_answer_within_s: float = Field(
        default=10.0,
        gt=0,
        le=300,
        description="Seconds that each step of it may take: to connect, TLS, the login, each "
        "answer but the last.",
    )
    journal_retention_days: int = Field(
        default=30,
        ge=1,
        le=40,
        description="Days for which every event is kept for replay; less than the 45 days for "
        "which consumers remember what they have handled.",
    )
    delivery_retention_days: int = Field(
        default=30,
        ge=1,
        le=3650,
        description="Days for which deliveries that were made or cancelled, and deleted webhooks, "
        "are kept. What is parked is kept until somebody decides on it.",
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
    webhook_retry_for_h: float = Field(
        default=72.0,
        gt=0,
        le=240,
        description="Hours for which an event is tried at a webhook, before it is parked.",
    )
    webhook_answer_within_s: float = Field(
        default=15.0, gt=0, le=60, description="Seconds that an endpoint has to answer."
    )
