"""What one can choose, and what is said about a choice that is none."""

from pathlib import Path

import pytest

from leadwire.service import SettingsError
from leadwire_standalone.options import as_typed, check_database_url, parse_options


@pytest.fixture(autouse=True)
def _no_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("LEADWIRE_BROKER_URL", raising=False)


def test_without_arguments_everything_is_embedded_and_kept_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    options = parse_options([])
    assert options.port == 8080
    assert options.data == tmp_path / ".data"
    assert (options.database_url, options.broker_url) == (None, None)


def test_port_and_data_are_arguments_and_urls_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db")
    monkeypatch.setenv("LEADWIRE_BROKER_URL", "amqp://broker")
    options = parse_options(["--port", "0", "--data", str(tmp_path / "a" / ".." / "b")])
    assert (options.port, options.data) == (0, tmp_path / "b")
    assert (options.database_url, options.broker_url) == ("postgresql://db", "amqp://broker")


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("LEADWIRE_BROKER_URL", "")
    options = parse_options([])
    assert (options.database_url, options.broker_url) == (None, None)


def test_a_home_is_found_where_no_shell_has_done_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert parse_options(["--data=~/leads"]).data == tmp_path / "leads"


def test_a_message_names_the_broker_s_variable_as_either_kind_of_user_typed_it() -> None:
    assert as_typed("LEADWIRE_BROKER_URL is wrong: no") == (
        "LEADWIRE_BROKER_URL (BROKER_URL of make) is wrong: no"
    )


@pytest.mark.parametrize("port", ["banana", "65536", "-1", "9" * 5_000, "", "80.5", "\u0661"])
def test_a_bad_port_is_refused_with_the_range(
    port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        parse_options([f"--port={port}"])
    assert left.value.code == 2
    assert "a port is a number from 0 to 65535" in capsys.readouterr().err


def test_the_help_names_every_argument_and_both_variables(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as left:
        parse_options(["--help"])
    assert left.value.code == 0
    shown = capsys.readouterr().out
    for name in ("--port", "--data", "DATABASE_URL", "LEADWIRE_BROKER_URL", "8080", ".data"):
        assert name in shown


@pytest.mark.parametrize(
    "url",
    [
        "banana",
        "mysql://leadwire:hidden@db/leadwire",
        "postgresql://",
        "postgresql://leadwire:hidden@db:port/leadwire",
        "postgresql://leadwire:hidden@db:99999/leadwire",
        "postgresql://leadwire:hidden@[db/leadwire",
    ],
)
def test_a_database_url_that_leads_nowhere_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL is wrong") as refused:
        check_database_url(url)
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize("url", ["postgresql://u:p@db:5432/name", "postgres://db"])
def test_a_database_url_may_be_long_or_short(url: str) -> None:
    check_database_url(url)
