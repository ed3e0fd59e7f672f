"""Which operating-system account runs the server's programs.

Postgres refuses to run as root. Then its programs run under an unprivileged account
that exists already; none is created.
"""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from leadwire.db.embedded.errors import EmbeddedPostgresError

CANDIDATES = ("leadwire", "postgres", "nobody")
"""Accounts to run under when root starts the server; the first that exists is taken."""

_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
_QUESTION_WITHIN = 10.0


@dataclass(frozen=True, slots=True)
class Account:
    """An operating-system account.

    Attributes:
        uid: Its user id.
        gid: Its group id.
        is_ours: True if this process runs under it.
    """

    uid: int
    gid: int
    is_ours: bool

    @classmethod
    def choose(cls) -> "Account":
        """Return our own account or, for root, an unprivileged one.

        Raises:
            EmbeddedPostgresError: This is root, and there is no unprivileged account.
        """
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid(), is_ours=True)
        for name in CANDIDATES:
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(entry.pw_uid, entry.pw_gid, is_ours=False)
        raise EmbeddedPostgresError(
            "Postgres cannot run as root, and none of these accounts exists: "
            + ", ".join(CANDIDATES)
        )

    def popen(
        self, command: Sequence[str | Path], *, output: int, new_session: bool = False
    ) -> "subprocess.Popen[bytes]":
        """Start a program under this account.

        Args:
            command: Program and arguments; no shell is involved.
            output: File descriptor for what it prints, or `subprocess.PIPE`.
            new_session: Keep it out of reach of a terminal's Ctrl-C.

        Raises:
            EmbeddedPostgresError: It could not be started.
        """
        try:
            return subprocess.Popen(  # noqa: S603 - programs of our own choice, no shell
                [os.fspath(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",  # ours may be closed to the account
                env=_ENVIRONMENT,
                umask=0o077,
                start_new_session=new_session,
                user=None if self.is_ours else self.uid,
                group=None if self.is_ours else self.gid,
                extra_groups=None if self.is_ours else [],
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise EmbeddedPostgresError(f"cannot run {command[0]}: {error}") from error

    def run(self, command: Sequence[str | Path], *, within: float) -> None:
        """Run a program under this account to its end.

        Raises:
            EmbeddedPostgresError: It failed, or took longer than `within` seconds; the
                message holds what it printed.
        """
        with self.popen(command, output=subprocess.PIPE) as process:
            try:
                printed, _ = process.communicate(timeout=within)
            except subprocess.TimeoutExpired:
                process.kill()
                raise EmbeddedPostgresError(
                    f"{command[0]} did not end within {within:g} s"
                ) from None
        if process.returncode != 0:
            text = printed.decode(errors="replace").strip()
            raise EmbeddedPostgresError(f"{command[0]} failed: {text}")

    def can_run(self, program: Path) -> bool:
        """Tell whether the account can run the program, by asking it for its version."""
        return self._succeeds([program, "--version"])

    def can_enter(self, directory: Path) -> bool:
        """Tell whether the account can use paths below the directory.

        Trying it respects access lists and mount options, which mode bits do not show.
        """
        return self._succeeds(["/bin/sh", "-c", 'cd "$0"', directory])

    def _succeeds(self, command: Sequence[str | Path]) -> bool:
        try:
            self.run(command, within=_QUESTION_WITHIN)
        except EmbeddedPostgresError:
            return False
        return True
