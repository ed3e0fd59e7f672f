"""What import-svc takes as settings."""

import pytest

from import_svc.settings import ImportSettings
from leadwire.service import SettingsError, load_settings

GIVEN = {
    "auth": "off",
    "broker_url": "memory://unused",
    "database_url": "postgresql://unused",
}


def test_a_place_for_files_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IMPORT_FILES_URL", raising=False)
    with pytest.raises(SettingsError, match="IMPORT_FILES_URL is not set"):
        load_settings(ImportSettings, **GIVEN)


@pytest.mark.parametrize(
    "url", ["file:///var/lib/files", "s3://bucket/a/prefix", "s3://bucket", "gs://bucket/x"]
)
def test_places_of_files_are_taken(url: str) -> None:
    assert load_settings(ImportSettings, **GIVEN, files_url=url).files_url == url


@pytest.mark.parametrize(
    "url",
    [
        "/var/lib/files",
        "file:relative",
        "file://relative/files",
        "file:///",
        "ftp://secret/files",
        "memory:///",
        "s3://",
        "s3://key:secret@bucket/prefix",
        "az://container/prefix?sig=secret",
    ],
)
def test_what_names_no_place_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(SettingsError, match="IMPORT_FILES_URL is wrong") as caught:
        load_settings(ImportSettings, **GIVEN, files_url=url)
    assert "secret" not in str(caught.value)
