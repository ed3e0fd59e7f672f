"""Make the cluster, and deal with the server that a killed run left on it."""

import asyncio
import contextlib
import itertools
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from leadwire.db.embedded.account import Account
from leadwire.db.embedded.errors import EmbeddedPostgresError

log = structlog.get_logger(__name__)

SUPERUSER = "postgres"
INITDB_WITHIN = 120.0

STOP_STEPS = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
"""Signals to the server, and the seconds it gets: disconnect everyone and shut down;
stop without shutting down, to be recovered from the log; die."""

_POLL = 0.02


def password_of(data_dir: Path, cluster: Path) -> str:
    """Return the superuser's password, made at the first call and kept from then on.

    Raises:
        EmbeddedPostgresError: There is a cluster, but its password is gone.
    """
    file = data_dir / "password"
    if file.exists():
        return file.read_text(encoding="ascii").strip()
    if cluster.exists():
        raise EmbeddedPostgresError(f"{file}, with the password of {cluster}, is missing")
    password = secrets.token_urlsafe(24)
    _write_secret(file, password)
    return password


def make_cluster(
    cluster: Path, *, programs: Path, account: Account, password: str, durable: bool
) -> None:
    """Make the cluster if it is not there; a half-made one of a killed run is made anew.

    Args:
        cluster: Where.
        programs: Directory of `initdb`.
        account: Who shall own it.
        password: Of the superuser.
        durable: Wait until it is safe on disk.

    Raises:
        EmbeddedPostgresError: `initdb` failed.
    """
    if cluster.exists():
        return
    unfinished = cluster.with_name("cluster.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    password_file = cluster.with_name(f".initdb-{secrets.token_hex(4)}")
    try:
        _write_secret(password_file, password)
        _give(account, unfinished, password_file)
        account.run(
            [
                programs / "initdb",
                *("-D", unfinished),
                f"--username={SUPERUSER}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--locale=C.UTF-8",
                "--no-instructions",
                *(() if durable else ("--no-sync",)),
            ],
            within=INITDB_WITHIN,
        )
    finally:
        password_file.unlink(missing_ok=True)
    unfinished.rename(cluster)
    log.info("embedded_cluster_made", cluster=str(cluster))


async def stop_leftover(cluster: Path) -> None:
    """Stop the server that runs on the cluster without an owner, if there is one."""
    pid = leftover_pid(cluster)
    if pid is not None:
        log.warning("embedded_leftover_stopped", pid=pid, cluster=str(cluster))
        await stop_server(pid, is_running=lambda: leftover_pid(cluster) == pid)


async def stop_server(pid: int, *, is_running: Callable[[], bool]) -> None:
    """Stop a server, ever less politely.

    Raises:
        EmbeddedPostgresError: It outlived all of that.
    """
    for number, within in STOP_STEPS:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        if await _ends(is_running, within):
            return
        log.error("embedded_server_does_not_stop", pid=pid, signal=number.name)
    raise EmbeddedPostgresError(f"the Postgres server with process id {pid} does not stop")


async def _ends(is_running: Callable[[], bool], within: float) -> bool:
    """Wait for the end of a process that is not always our child: so it is polled."""
    deadline = time.monotonic() + within
    while is_running():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_POLL)
    return True


def leftover_pid(cluster: Path) -> int | None:
    """Return the process id of the server that runs on the cluster, if one does.

    The number in `postmaster.pid` alone proves nothing: after a crash or a reboot it may
    be any other process by now.
    """
    try:
        pid = int((cluster / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return pid if _serves(pid, cluster) else None


def _serves(pid: int, cluster: Path) -> bool:
    """Tell by its command line whether a process is a server of the cluster.

    It is readable also by a root without the right to trace processes, as in a
    container, and empty for a dead process that nobody has waited for.
    """
    if not Path("/proc/self").exists():
        shown = subprocess.run(  # noqa: S603 - a fixed program, no shell
            ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        return f"-D {cluster} " in shown
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return (b"-D", os.fsencode(cluster)) in itertools.pairwise(arguments)


def _write_secret(file: Path, text: str) -> None:
    """Write a new file for our eyes only; one that is there, or a link, is an error."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(file, flags, 0o600), "w", encoding="ascii") as opened:
        opened.write(f"{text}\n")


def _give(account: Account, *paths: Path) -> None:
    if not account.is_ours:
        for path in paths:
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
