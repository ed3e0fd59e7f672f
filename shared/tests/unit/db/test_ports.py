"""A port that was found free is still free when a server comes to listen there."""

import socket
import subprocess
import sys

import pytest

from leadwire.db.embedded import EmbeddedPostgresError, free_port
from leadwire.db.embedded.ports import LOOPBACK

ANOTHER = """
import sys
from leadwire.db.embedded import ports
ports._CANDIDATES = [int(port) for port in sys.argv[1:]] or ports._CANDIDATES
print(ports.free_port())
"""


def another_process(*among: int) -> subprocess.CompletedProcess[str]:
    """Ask in another process, which then ends."""
    return subprocess.run(
        [sys.executable, "-c", ANOTHER, *map(str, among)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_port_is_given_once_until_its_process_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = free_port()
    assert "found no free TCP port" in another_process(ours).stderr
    theirs = int(another_process().stdout)
    monkeypatch.setattr("leadwire.db.embedded.ports._CANDIDATES", [theirs])
    assert free_port() == theirs
    with pytest.raises(EmbeddedPostgresError):
        free_port()
    with socket.create_server((LOOPBACK, ours)):
        pass


def test_holding_ports_costs_a_bounded_number_of_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadwire.db.embedded.ports._MOST_HELD", 1)
    first = free_port()
    free_port()
    assert another_process(first).stdout == f"{first}\n"
