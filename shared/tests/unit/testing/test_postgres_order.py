import shutil
from pathlib import Path

import pytest

from leadwire.testing.postgres import (
    GivenPostgres,
    PostgresNotOursError,
    TemporaryPostgres,
    new_postgres_server,
)


def a_docker_command(directory: Path, *, exit_code: int) -> None:
    """Put a `docker` on an otherwise usable path: the command, with or without an engine."""
    command = directory / "docker"
    command.write_text(f"#!/bin/sh\nexit {exit_code}\n", encoding="ascii")
    command.chmod(0o755)


async def test_a_given_server_comes_first_and_is_never_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", "postgresql://admin@db.example/postgres")

    server = new_postgres_server()

    assert isinstance(server, GivenPostgres)
    assert server.admin_url == "postgresql://admin@db.example/postgres"
    with pytest.raises(PostgresNotOursError):
        await server.stop()
    with pytest.raises(PostgresNotOursError):
        await server.restart()


async def test_a_docker_command_without_an_engine_leads_to_the_embedded_server(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    a_docker_command(tmp_path, exit_code=1)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("docker") is not None

    server = new_postgres_server()

    assert isinstance(server, TemporaryPostgres)
    await server.close()
