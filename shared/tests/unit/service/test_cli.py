"""The command line refuses wrong settings with exit code 2, before anything is touched."""

import asyncio
import dataclasses
import json
import logging
import os
import signal
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import structlog
from aiohttp import web
from pydantic_settings import SettingsConfigDict

from leadwire.access.files import MOST_BYTES
from leadwire.service import (
    Command,
    Say,
    ServiceDescription,
    ServiceSettings,
    authenticator_of,
    environment_variables,
    main,
)
from leadwire.testing.access import Keyring, keyring_in, write_private


class ProbeSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="PROBE_")


def setup(app: web.Application, settings: ProbeSettings) -> None:
    raise AssertionError("the service was set up with wrong settings")


PROBE = ServiceDescription(
    name="probe-svc",
    schema="probe_svc",
    settings=ProbeSettings,
    migrations=[],
    subscriptions=[],
    setup=setup,
)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for variable in environment_variables(ProbeSettings):
        monkeypatch.delenv(variable.name, raising=False)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "command", [["serve"], ["migrate"], ["topology", "--check"], ["prepare"], ["check"]]
)
def test_missing_settings_end_every_command_with_2_and_their_names(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(PROBE, command) == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert "Traceback" not in told.err
    for name in ("LEADWIRE_AUTH", "LEADWIRE_BROKER_URL", "PROBE_DATABASE_URL"):
        assert f"probe-svc: {name} is not set." in told.err


def test_a_broker_url_that_the_transport_refuses_is_a_wrong_setting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEADWIRE_AUTH", "off")
    monkeypatch.setenv("LEADWIRE_BROKER_URL", "memory://")
    monkeypatch.setenv("PROBE_DATABASE_URL", "postgresql://a:hunter2@127.0.0.1:1/d")

    assert main(PROBE, ["topology"]) == 2

    told = capsys.readouterr().err
    assert "LEADWIRE_BROKER_URL is wrong" in told
    assert "hunter2" not in told


@pytest.mark.parametrize("command", ["serve", "migrate", "topology", "prepare", "check"])
@pytest.mark.parametrize("name", ["PROBE_DATABASE_URL", "LEADWIRE_BROKER_URL"])
@pytest.mark.parametrize("wrong", ["h:notaport/d", "h/d?sslmode=bogus", "h/d?gsslib=x"])
def test_an_address_that_cannot_be_read_ends_every_command_with_2_and_its_name(
    name: str,
    wrong: str,
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LEADWIRE_AUTH", "off")
    monkeypatch.setenv("LEADWIRE_BROKER_URL", "memory://probe")
    monkeypatch.setenv("PROBE_DATABASE_URL", "postgresql://a:hunter2@127.0.0.1:1/d")
    monkeypatch.setenv(name, f"postgresql://a:hunter2@{wrong}")

    assert main(PROBE, [command]) == 2

    told = capsys.readouterr().err
    assert f"{name} is wrong" in told
    assert "hunter2" not in told


def _break(keyring: Keyring) -> None:
    keyring.users_file.write_text('{"users": [{"name": "hunter2"')


def _open_to_all(keyring: Keyring) -> None:
    keyring.users_file.chmod(0o644)


def _open_keys_to_all(keyring: Keyring) -> None:
    keyring.token_keys_file.chmod(0o644)


def _let_all_write(keyring: Keyring) -> None:
    _leave_public_parts(keyring)
    keyring.token_keys_file.chmod(0o646)


def _remove(keyring: Keyring) -> None:
    keyring.users_file.unlink()


def _make_pipe(keyring: Keyring) -> None:
    keyring.users_file.unlink()
    os.mkfifo(keyring.users_file, 0o600)


def _make_too_large(keyring: Keyring) -> None:
    os.truncate(keyring.users_file, MOST_BYTES + 1)


def _leave_public_parts(keyring: Keyring) -> None:
    [key] = json.loads(keyring.token_keys_file.read_text())["keys"]
    del key["d"]
    write_private(keyring.token_keys_file, {"keys": [key]})


SPOILT = {
    _break: "it is broken",
    _open_to_all: "chmod o-rw",
    _open_keys_to_all: "chmod o-rw",
    _let_all_write: "chmod o-rw",
    _remove: "No such file",
    _make_pipe: "no file",
    _make_too_large: f"more than {MOST_BYTES} bytes",
    _leave_public_parts: "private part",
}


@pytest.mark.parametrize("command", ["serve", "check"])
@pytest.mark.parametrize(("spoil", "told"), SPOILT.items())
@pytest.mark.usefixtures("_settings")
def test_files_of_access_that_cannot_be_used_are_told_of_and_nothing_starts(
    spoil: Callable[[Keyring], None],
    told: str,
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    keyring = keyring_in(tmp_path)
    monkeypatch.setenv("LEADWIRE_AUTH", "on")
    monkeypatch.setenv("LEADWIRE_USERS_FILE", str(keyring.users_file))
    monkeypatch.setenv("LEADWIRE_TOKEN_KEYS_FILE", str(keyring.token_keys_file))
    spoil(keyring)

    assert main(dataclasses.replace(PROBE, issues_tokens=True), [command]) == 2

    complaint = capsys.readouterr().err
    assert complaint.startswith("probe-svc: access cannot be on: ")
    assert told in complaint
    assert "hunter2" not in complaint


def test_who_only_verifies_tokens_needs_public_parts_alone_which_are_no_secret(
    tmp_path: Path,
) -> None:
    keyring = keyring_in(tmp_path)
    _leave_public_parts(keyring)
    keyring.token_keys_file.chmod(0o644)
    settings = ProbeSettings(
        broker_url="memory://x", database_url="postgresql://a:b@c/d", **keyring.settings
    )
    assert authenticator_of(settings, issues_tokens=False) is not None


def test_a_role_that_cannot_be_made_is_a_wrong_setting_with_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEADWIRE_AUTH", "off")
    monkeypatch.setenv("LEADWIRE_BROKER_URL", "memory://probe")
    monkeypatch.setenv("LEADWIRE_ADMIN_DATABASE_URL", "postgresql://postgres@127.0.0.1:1/d")
    for password in ("", ":", ":h%C3%BCnter2"):
        monkeypatch.setenv("PROBE_DATABASE_URL", f"postgresql://a{password}@127.0.0.1:1/d")

        assert main(PROBE, ["migrate"]) == 2

        told = capsys.readouterr().err
        assert "PROBE_DATABASE_URL is wrong" in told
        assert "nter2" not in told


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(PROBE, ["dance"])

    assert ended.value.code == 2
    assert "serve" in capsys.readouterr().err


def with_command(
    run: Callable[
        [ServiceDescription[ProbeSettings], ProbeSettings, Namespace, Say], Awaitable[int]
    ],
    options: Callable[[ArgumentParser], None],
) -> ServiceDescription[ProbeSettings]:
    command = Command(
        name="dance", help="dance", description="dances", add_arguments=options, run=run
    )
    return dataclasses.replace(PROBE, commands=[command])


@pytest.fixture
def _settings(_no_settings: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADWIRE_AUTH", "off")
    monkeypatch.setenv("LEADWIRE_BROKER_URL", "memory://x")
    monkeypatch.setenv("PROBE_DATABASE_URL", "postgresql://a:b@127.0.0.1:1/d")


@pytest.mark.usefixtures("_settings")
def test_a_command_of_its_own_gets_settings_and_options(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def options(parser: ArgumentParser) -> None:
        parser.add_argument("--steps", type=int, required=True)

    async def dance(
        description: ServiceDescription[ProbeSettings],
        settings: ProbeSettings,
        arguments: Namespace,
        say: Say,
    ) -> int:
        say(f"{description.name}: {arguments.steps} steps, auth {settings.auth}")
        return 3

    assert main(with_command(dance, options), ["dance", "--steps", "2"]) == 3

    assert capsys.readouterr().out == "probe-svc: 2 steps, auth off\n"


@pytest.fixture
def _may_be_interrupted() -> Iterator[None]:
    # As at a terminal: what a shell runs in its background ignores this signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_settings", "_may_be_interrupted")
def test_a_command_that_is_interrupted_ends_with_130_and_no_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def dance(*_: object) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.Event().wait()
        return 0

    assert main(with_command(dance, lambda _: None), ["dance"]) == 130

    assert capsys.readouterr().err == "probe-svc: interrupted\n"
