"""Make the secrets of an installation by Compose: random once, and the same ever after.

What is random stands in one file, which is written whole or not at all. Everything else follows
from it and is written anew each time, for each reader in a directory (a volume) of his own:

    keep/secrets.json           all of them; only this program sees it
    postgres/password           the administrator's
    rabbitmq/definitions.json   users with hashes of their passwords, and their rights
    prepare/...                 settings of `prepare`: as administrator, and as `topology`
    import-svc/...              settings of a service, and so on
    grafana/password            of its user `admin`

The file of those who may use Leadwire is an operator's: made once, with a first administrator.
Private parts of the keys of tokens are manager-svc's alone.
"""

import argparse
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import installation
from leadwire.access.users import read_users

SIGNS: Final = "manager-svc"
RIGHTS: Final = Path("/etc/leadwire/rights.json")
USERS: Final = Path("users") / "users.json"
KEPT: Final = Path("keep") / "secrets.json"

OWNER_ONLY: Final = 0o400
AND_GROUP: Final = 0o440
# Nobody but RabbitMQ has this volume, under an account that differs between images; and no
# password of 256 random bits follows from its hash.
ANYBODY: Final = 0o444


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Who is to read the files.

    Attributes:
        services: Account of the services.
        server: Account that the database server starts with.
        grafana: Account of Grafana.
    """

    services: int = 10001
    server: int = 0
    grafana: int = 472


def make(root: Path, *, rights: Path = RIGHTS, accounts: Accounts) -> None:
    """Write everything.

    Args:
        root: Where the directories of the readers are.
        rights: What the users of RabbitMQ may do.
        accounts: Who is to read the files.
    """
    kept = keep(root)
    definitions = installation.rabbitmq_definitions(kept, json.loads(rights.read_text()))
    write(root / "postgres" / "password", kept[installation.DATABASE], owner=accounts.server)
    write(root / "rabbitmq" / "definitions.json", definitions, mode=ANYBODY, owner=accounts.server)
    write(root / "grafana" / "password", kept["grafana"], owner=accounts.grafana)
    for name, text in installation.preparing(kept, *installation.SERVICES):
        write(root / "prepare" / name, text, owner=accounts.services)
    for service in installation.SERVICES:
        for name, text in installation.serving(kept, service):
            write(root / service / name, text, owner=accounts.services)
        keys = installation.token_keys(kept, private=service == SIGNS)
        write(root / service / "token_keys.json", keys, owner=accounts.services)
    if not (root / USERS).exists():
        take_users(root, installation.first_users(kept), owner=accounts.services)


def take_users(root: Path, text: str, *, owner: int) -> None:
    """Let in those whom a file of users names, and nobody else.

    Raises:
        ValueError: It is broken: services would keep the last good one, and none would start.
    """
    read_users(text.encode())
    # Its group is that of this program, which shows it.
    write(root / USERS, text, mode=AND_GROUP, owner=owner, group=os.getegid())


def keep(root: Path) -> dict[str, str]:
    """Return what is kept; make what is not there yet."""
    path = root / KEPT
    kept = json.loads(path.read_text()) if path.exists() else {}
    completed = installation.completed(kept)
    if completed != kept:
        write(path, json.dumps(completed, indent=1), owner=os.geteuid())
    return completed


def renew(root: Path) -> None:
    """Keep others from now on; people's passwords stand elsewhere, too, and stay."""
    people = {name: text for name, text in keep(root).items() if name in installation.PEOPLE}
    write(root / KEPT, json.dumps(installation.completed(people), indent=1), owner=os.geteuid())


def write(
    path: Path, text: str, *, owner: int, mode: int = OWNER_ONLY, group: int | None = None
) -> None:
    """Write a file whole or not at all, at no moment readable by others."""
    path.parent.mkdir(exist_ok=True)
    being_written = path.with_name(f".{path.name}")
    being_written.unlink(missing_ok=True)
    with os.fdopen(
        os.open(being_written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w"
    ) as file:
        file.write(text)
        os.fchmod(file.fileno(), mode)  # while it is ours
        os.fchown(file.fileno(), owner, owner if group is None else group)
        file.flush()
        os.fsync(file.fileno())
    being_written.replace(path)


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("root", type=Path, help="where the volumes are mounted")
    does = parser.add_mutually_exclusive_group()
    does.add_argument(
        "--password", choices=installation.PEOPLE, help="print somebody's first password"
    )
    does.add_argument("--users", action="store_true", help="print the file of users")
    does.add_argument("--take-users", action="store_true", help="take it from standard input")
    does.add_argument("--renew", action="store_true", help="make all anew but people's passwords")
    given = parser.parse_args()
    if given.password:
        print(keep(given.root)[given.password])
    elif given.users:
        print((given.root / USERS).read_text())
    elif given.take_users:
        try:
            take_users(given.root, sys.stdin.read(), owner=Accounts().services)
        except ValueError as error:
            sys.exit(f"The file of users is broken, and the one that is there stays: {error}")
    else:
        if given.renew:
            renew(given.root)
        make(given.root, accounts=Accounts())


if __name__ == "__main__":
    main()
