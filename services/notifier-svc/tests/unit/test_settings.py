"""Settings of notifier-svc, as its operator gives them."""

import pytest

from leadwire.service import SettingsError, load_settings
from notifier_svc.settings import NotifierSettings

COMPLETE = {
    "LEADWIRE_AUTH": "off",
    "LEADWIRE_BROKER_URL": "memory://x",
    "NOTIFIER_DATABASE_URL": "postgresql://notifier_svc:pw@localhost/leadwire",
    "NOTIFIER_EMAIL_URL": "file:///var/mail/leadwire",
    "NOTIFIER_EMAIL_FROM": "Leadwire <leads@example.com>",
    "NOTIFIER_ALERT_EMAIL_TO": "sales@example.com",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)


def test_the_environment_is_read() -> None:
    settings = load_settings(NotifierSettings)
    assert settings.email_from == "Leadwire <leads@example.com>"
    assert settings.journal_retention_days == 30
    assert "file" not in repr(settings.email_url)


@pytest.mark.parametrize("name", ["NOTIFIER_EMAIL_URL", "NOTIFIER_EMAIL_FROM"])
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(SettingsError, match=f"{name} is not set"):
        load_settings(NotifierSettings)


def test_nobody_need_be_alerted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFIER_ALERT_EMAIL_TO")
    assert load_settings(NotifierSettings).alert_email_to is None


def test_of_who_is_alerted_only_the_address_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFIER_ALERT_EMAIL_TO", "Sales <sales@example.com>")
    assert load_settings(NotifierSettings).alert_email_to == "sales@example.com"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NOTIFIER_EMAIL_URL", "smtp://user:secret@host/path"),
        ("NOTIFIER_EMAIL_URL", "smtp://user:sec/ret@host"),
        ("NOTIFIER_EMAIL_URL", "sendgrid://host"),
        ("NOTIFIER_EMAIL_URL", "ses://user:secret@nowhere"),
        ("NOTIFIER_EMAIL_FROM", "nobody"),
        ("NOTIFIER_EMAIL_FROM", "leads@exämple.com"),
        ("NOTIFIER_EMAIL_REPLY_TO", "nobody"),
        ("NOTIFIER_EMAIL_TEMPLATES", "/not/there"),
        ("NOTIFIER_EMAIL_CA_FILE", "/not/there"),
        ("NOTIFIER_EMAIL_SEND_WITHIN_S", "1"),
        ("NOTIFIER_ALERT_EMAIL_TO", "@example.com"),
        ("NOTIFIER_ALERT_EMAIL_TO", "a@b.c\nBcc: x@y.z"),
        ("NOTIFIER_JOURNAL_RETENTION_DAYS", "45"),
        ("NOTIFIER_EMAIL_MAX_ATTEMPTS", "0"),
        ("NOTIFIER_WEBHOOK_ALLOWED_NETWORKS", "10.0.0.0/8, localhost"),
        ("NOTIFIER_WEBHOOK_ANSWER_WITHIN_S", "61"),
    ],
)
def test_what_is_wrong_is_named_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"{name} is wrong") as caught:
        load_settings(NotifierSettings)
    assert "sec" not in str(caught.value)
