import pytest

from leadwire.service import SettingsError, load_settings
from manager_svc.settings import ManagerSettings


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADWIRE_AUTH", "off")
    monkeypatch.setenv("LEADWIRE_BROKER_URL", "memory://test")
    monkeypatch.setenv("MANAGER_DATABASE_URL", "postgresql://role:password@db/leadwire")


def test_leads_are_handed_out_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MANAGER_AUTO_ASSIGN", raising=False)
    assert load_settings(ManagerSettings).auto_assign
    monkeypatch.setenv("MANAGER_AUTO_ASSIGN", "false")
    assert not load_settings(ManagerSettings).auto_assign


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MANAGER_AUTO_ASSIGN", "perhaps")
    with pytest.raises(SettingsError, match="MANAGER_AUTO_ASSIGN is wrong"):
        load_settings(ManagerSettings)
