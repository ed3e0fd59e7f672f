"""A store of files with little room."""

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from leadwire.testing.process import ServiceProcess

ROOM = 8 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallStore:
    """A directory for the file store with little room.

    Attributes:
        directory: Where it is.
        is_disk: Whether it is a disk of its own; without the right to mount one, a limit of the
            process has to do.
    """

    directory: Path
    is_disk: bool

    def limit(self, service: ServiceProcess) -> None:
        """Take the room from a process that would have it."""
        if not self.is_disk:
            resource.prlimit(service.pid, resource.RLIMIT_FSIZE, (ROOM, ROOM))

    @classmethod
    @contextmanager
    def made_at(cls, directory: Path) -> Iterator["SmallStore"]:
        """Make one, for as long as the context lasts."""
        directory.mkdir(mode=0o700)
        command = ["mount", "-t", "tmpfs", "-o", f"size={ROOM},mode=700", "tmpfs", str(directory)]
        mounted = subprocess.run(command, check=False, capture_output=True)
        yield cls(directory=directory, is_disk=mounted.returncode == 0)
        if mounted.returncode == 0:
            subprocess.run(["umount", directory], check=True)
