"""What lies in the data directory of a run, and how one of ours is told from anybody else's."""

from pathlib import Path

POSTGRES = "postgres"
"""Directory of the embedded Postgres."""

PASSWORDS = "database-roles.json"
"""File with the passwords of the database roles; from the first complete start on it is there."""

PASSWORDS_DRAFT = "database-roles.draft"
"""What a crash may leave of that file."""

ENVIRONMENT = "environment"
"""File with the settings that commands of the services need beside the run."""

_BEFORE_PASSWORDS = {POSTGRES, PASSWORDS_DRAFT}
_OF_A_VOLUME = "lost+found"


def is_ours(data: Path) -> bool:
    """Tell whether a directory is empty, or one that Leadwire has made or begun to make.

    Raises:
        OSError: It cannot be looked into.
    """
    names = {entry.name for entry in data.iterdir()} - {_OF_A_VOLUME}
    return PASSWORDS in names or (names <= _BEFORE_PASSWORDS and _is_our_postgres(data / POSTGRES))


def _is_our_postgres(directory: Path) -> bool:
    # The lock is what an embedded Postgres makes first.
    return not directory.exists() or not any(directory.iterdir()) or (directory / "lock").exists()
