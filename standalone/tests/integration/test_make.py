"""`make` hands on what it is given as it is, whatever characters it holds."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SHOW_ARGUMENTS = "#!/bin/sh\nprintf '%s\\n' \"$@\"\n"


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """An environment that counts as installed, whose commands show their arguments."""
    programs = tmp_path / "venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("python", "uv", "leadwire-standalone", "leadwire-demo"):
        (programs / name).write_text(SHOW_ARGUMENTS)
        (programs / name).chmod(0o755)
    for name in ("import-svc", "manager-svc"):
        (programs / name).write_text(f'#!/bin/sh\necho {name} "$@" beside "$RUN"\n')
        (programs / name).chmod(0o755)
    (programs.parent / ".run").touch()
    return programs.parent


def arguments(venv: Path, *given: str) -> list[str]:
    """Return the arguments of the command that a target of `make` runs."""
    names = ("PORT", "DATA", "FILE", "REGION", "BROKER", "MAKEFLAGS", "MAKELEVEL")
    done = subprocess.run(
        ["make", "--silent", "--no-print-directory", "-C", ROOT, f"VENV={venv}", *given],
        env={name: value for name, value in os.environ.items() if name not in names},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("data", ["../d 5", "it's", 'so "called"', "a;b", "-d", "*"])
def test_run_takes_any_directory(venv: Path, data: str) -> None:
    assert arguments(venv, "run", f"DATA={data}") == ["--port=8080", f"--data={data}"]


def test_run_has_defaults_for_what_is_empty_or_not_given(venv: Path) -> None:
    defaults = ["--port=8080", "--data=.data"]
    assert arguments(venv, "run") == defaults
    assert arguments(venv, "run", "PORT=", "DATA=") == defaults
    assert arguments(venv, "run", "PORT=8090") == ["--port=8090", "--data=.data"]


@pytest.mark.parametrize("file", ["my leads.csv", "it's.csv", "-x.csv"])
def test_demo_takes_any_file(venv: Path, file: str) -> None:
    assert arguments(venv, "demo", f"FILE={file}", "REGION=US") == [f"--file={file}", "--region=US"]


def test_demo_needs_nothing(venv: Path) -> None:
    assert arguments(venv, "demo", "FILE=", "REGION=") == [""]  # printf shows none so
    assert arguments(venv, "demo", "BROKER=embedded") == ["--embedded-broker"]


@pytest.mark.parametrize("name", ["d 5", "it's", "-d", "*"])
def test_resync_finds_the_run_by_its_directory(venv: Path, tmp_path: Path, name: str) -> None:
    data = tmp_path / name
    data.mkdir()
    (data / "environment").write_text("export RUN='the run'\n")
    said = [f"{service} resync beside the run" for service in ("import-svc", "manager-svc")]
    assert arguments(venv, "resync", f"DATA={data}") == said


@pytest.mark.parametrize("version", ["1.2.3", '1"; echo oops; "', "$(echo oops)"])
def test_a_release_is_of_the_version_as_it_is_given(venv: Path, version: str) -> None:
    (venv / ".dev").touch()
    # What `make` itself would expand is written as it asks for it.
    said = arguments(venv, "release", f"VERSION={version.replace('$', '$$')}")
    assert said[:3] == ["-m", "release", version]
    assert "clients/python" in said[3:]
