"""Settings come from the files of a directory, as containers are handed their secrets."""

from pathlib import Path

import pytest
from pydantic import Field
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


BROKER = "amqp://leadwire:hunter2@broker/"
DATABASE = "postgresql://probe:hunter2@db/leadwire"


@pytest.fixture
def directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A directory that is named in an environment that says nothing else of ours."""
    for variable in environment_variables(ProbeSettings):
        monkeypatch.delenv(variable.name, raising=False)
    monkeypatch.setenv("LEADWIRE_AUTH", "off")
    found = tmp_path / "secrets"
    found.mkdir()
    monkeypatch.setenv("LEADWIRE_SECRETS_DIR", str(found))
    return found


@pytest.fixture
def filled(directory: Path) -> Path:
    (directory / "leadwire_broker_url").write_text(f"{BROKER}\n")
    (directory / "probe_database_url").write_text(DATABASE)
    return directory


def fault() -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(ProbeSettings)
    assert "hunter2" not in str(caught.value)
    [only] = caught.value.faults
    return only


def test_a_file_stands_in_for_a_variable(filled: Path) -> None:
    settings = load_settings(ProbeSettings)

    assert settings.broker_url.get_secret_value() == BROKER
    assert settings.database_url.get_secret_value() == DATABASE


def test_a_list_in_a_file_is_json_as_in_the_environment(filled: Path) -> None:
    (filled / "probe_sizes").write_text("[1, 2]")
    assert load_settings(ProbeSettings).sizes == [1, 2]

    (filled / "probe_sizes").write_text("1, 2")
    assert fault().startswith("PROBE_SIZES is wrong: it must be JSON")


def test_the_environment_counts_more_but_not_if_it_is_empty(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADWIRE_BROKER_URL", "amqp://other/")
    monkeypatch.setenv("PROBE_DATABASE_URL", "")

    settings = load_settings(ProbeSettings)

    assert settings.broker_url.get_secret_value() == "amqp://other/"
    assert settings.database_url.get_secret_value() == DATABASE


def test_files_of_others_do_no_harm(filled: Path) -> None:
    (filled / "import_database_url").write_bytes(b"\xff")
    (filled / "sizes").write_text("no JSON")
    (filled / "..data").mkdir()

    assert load_settings(ProbeSettings).sizes == [1]


def test_a_missing_file_is_named(filled: Path) -> None:
    (filled / "probe_database_url").unlink()

    absent = f"PROBE_DATABASE_URL is not set, and there is no file {filled}/probe_database_url."
    assert fault().startswith(absent)


def test_an_empty_file_is_a_wrong_value(filled: Path) -> None:
    (filled / "leadwire_broker_url").write_text("\n")

    assert fault().startswith("LEADWIRE_BROKER_URL is wrong: ")


def test_a_missing_directory_is_named(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADWIRE_SECRETS_DIR", "/nowhere")

    assert fault() == "LEADWIRE_SECRETS_DIR is wrong: there is no directory /nowhere"


def test_what_cannot_be_read_is_named(filled: Path) -> None:
    (filled / "probe_database_url").write_bytes(b"hunter2\xff")
    assert fault() == "LEADWIRE_SECRETS_DIR is wrong: a file there is not UTF-8"

    (filled / "probe_database_url").unlink()
    (filled / "probe_database_url").mkdir()
    assert "probe_database_url" in fault()


def test_secrets_that_are_swapped_as_kubernetes_does_are_read(filled: Path) -> None:
    version = filled / "..2026_01"
    version.mkdir()
    (filled / "leadwire_broker_url").rename(version / "leadwire_broker_url")
    (filled / "..data").symlink_to(version.name)
    (filled / "leadwire_broker_url").symlink_to("..data/leadwire_broker_url")

    assert load_settings(ProbeSettings).broker_url.get_secret_value() == BROKER


def test_a_link_out_of_the_directory_is_refused_not_left_out(filled: Path) -> None:
    elsewhere = filled.parent / "elsewhere"
    (filled / "leadwire_broker_url").rename(elsewhere)
    (filled / "leadwire_broker_url").symlink_to(elsewhere)

    assert "resolves outside" in fault()
