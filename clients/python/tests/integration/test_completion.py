"""`leadwire completion`: what shells are told, and what bash makes of it."""

import subprocess
from pathlib import Path

import pytest
from command_line import ENDED_WITHIN, leadwire

from leadwire_client.command.model import Group
from leadwire_client.command.registry import COMMANDS

NOWHERE = "http://127.0.0.1:1"
# Completes the last of its arguments as bash does when somebody presses Tab.
COMPLETE = """\
source ./script
function=$(complete -p leadwire | sed 's/.*-F \\([^ ]*\\).*/\\1/')
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
$function leadwire "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where the script for bash is, and a file to be completed."""
    (tmp_path / "script").write_text(leadwire(NOWHERE, "completion", "bash").stdout)
    (tmp_path / "leads.csv").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        (["ma"], {"managers", "mark"}),
        (["managers", "re"], {"remove", "restore", "resume"}),
        (["mark", "some-id", "int"], {"interested"}),
        (["leads", "--created"], {"--created-after", "--created-before"}),
        (["import", "--type", ""], {"csv", "json", "ndjson"}),
        (["import", "le"], {"leads.csv"}),
        (["tail", "--checkpoint", "le"], {"leads.csv"}),
        (["completion", ""], {"bash", "zsh", "fish"}),
    ],
)
def test_bash_completes(directory: Path, words: list[str], completed: set[str]) -> None:
    done = subprocess.run(
        ["bash", "-c", COMPLETE, "bash", "leadwire", *words],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=ENDED_WITHIN,
        check=False,
    )
    assert done.stderr == ""
    assert set(done.stdout.split()) == completed


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_command_is_told_to_every_shell_without_a_server(shell: str) -> None:
    told = leadwire(NOWHERE, "completion", shell)
    assert (told.returncode, told.stderr) == (0, "")
    for each in COMMANDS:
        assert each.name in told.stdout
        for inner in each.commands if isinstance(each, Group) else ():
            assert inner.name in told.stdout


def test_a_shell_that_is_not_known_is_refused() -> None:
    assert leadwire(NOWHERE, "completion", "cmd").returncode == 2
