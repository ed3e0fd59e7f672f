"""`leadwire users`, `leadwire token-keys` and `leadwire login`."""

import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import argon2
import pytest
from command_line import leadwire

from leadwire_client.command.__main__ import main
from leadwire_client.testing import FakeLeadwire

NOWHERE = "http://127.0.0.1:9"
PASSWORD = "long enough"


@pytest.fixture
def users(tmp_path: Path) -> Path:
    return tmp_path / "users.json"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "token-keys.json"


@dataclass(frozen=True, slots=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Change = Callable[..., Done]


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Change:
    """Run a command on a file, in this process, since each starts in a third of a second."""

    def run(file: Path, *arguments: str, stdin: str = "") -> Done:
        monkeypatch.setenv("LEADWIRE_USERS_FILE", str(file))
        monkeypatch.setenv("LEADWIRE_TOKEN_KEYS_FILE", str(file))
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        try:
            code = main(arguments)
        except SystemExit as ended:
            code = int(ended.code or 0)
        return Done(code, *capsys.readouterr())

    return run


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_users_are_added_changed_listed_and_removed(change: Change, users: Path) -> None:
    manager_id = str(uuid4())
    added = change(
        users, "users", "add", "ada", "--role", "manager", "--manager-id", manager_id,
        stdin=f"{PASSWORD}\n",
    )  # fmt: skip
    assert (added.returncode, added.stdout) == (0, "")
    assert mode(users) == 0o640
    [ada] = json.loads(users.read_text())["users"]
    assert argon2.PasswordHasher().verify(ada.pop("password"), PASSWORD)
    assert ada == {"name": "ada", "roles": ["manager"], "manager_id": manager_id}
    assert PASSWORD not in users.read_text()

    assert change(users, "users", "passwd", "ada", stdin="another one\n").returncode == 0
    [ada] = json.loads(users.read_text())["users"]
    assert argon2.PasswordHasher().verify(ada["password"], "another one")

    listed = change(users, "users", "list").stdout
    assert listed == f"user  ada  manager  {manager_id}\n"
    assert change(users, "users", "remove", "ada").returncode == 0
    assert change(users, "users", "list", "--json").stdout == ""


def test_accents_may_be_typed_in_either_way(change: Change, users: Path) -> None:
    change(users, "users", "add", "ada", "--role", "reader", stdin="cafe\u0301 au lait\n")
    stored = json.loads(users.read_text())["users"][0]["password"]
    assert argon2.PasswordHasher().verify(stored, "caf\u00e9 au lait")


def test_a_key_is_printed_once_and_only_its_hash_is_kept(change: Change, users: Path) -> None:
    made = change(users, "users", "key", "crm", "--role", "importer", "--role", "reader")
    key = made.stdout.strip()
    assert len(key) > 40
    [crm] = json.loads(users.read_text())["keys"]
    assert crm["sha256"] == sha256(key.encode()).hexdigest()
    assert crm["roles"] == ["importer", "reader"]
    assert key not in users.read_text() + made.stderr
    assert key not in change(users, "users", "list", "--json").stdout


@pytest.mark.parametrize(
    ("arguments", "stdin", "told"),
    [
        (("add", "ada", "--role", "reader"), "short\n", "characters"),
        (("add", "ada", "--role", "reader"), "", "characters"),
        (("add", "a:da", "--role", "reader"), PASSWORD, "name has"),
        (("add", "Matcher", "--role", "reader"), PASSWORD, "reserved"),
        (("add", "there", "--role", "reader"), PASSWORD, "already"),
        (("key", "there", "--role", "reader"), "", "already"),
        (("add", "ada", "--role", "manager"), PASSWORD, "--manager-id"),
        (("add", "ada", "--role", "root"), PASSWORD, "invalid choice"),
        (("passwd", "nobody"), PASSWORD, "no user nobody"),
        (("remove", "nobody"), "", "nobody"),
    ],
)
def test_what_would_make_a_wrong_file_is_refused_and_changes_nothing(
    change: Change, users: Path, arguments: tuple[str, ...], stdin: str, told: str
) -> None:
    change(users, "users", "key", "there", "--role", "reader")
    before = users.read_bytes()
    refused = change(users, "users", *arguments, stdin=stdin)
    assert refused.returncode == 2
    assert told in refused.stderr
    assert users.read_bytes() == before


@pytest.mark.parametrize("broken", ['{"users": [', '{"users": 5}', '{"users": [{"roles": []}]}'])
def test_a_broken_file_is_left_alone(change: Change, users: Path, broken: str) -> None:
    users.write_text(broken)
    for arguments in (("key", "crm", "--role", "reader"), ("remove", "ada"), ("list",)):
        refused = change(users, "users", *arguments)
        assert (refused.returncode, users.read_text()) == (2, broken)
        assert "broken" in refused.stderr


def test_a_file_that_is_not_there_has_no_list(change: Change, users: Path) -> None:
    refused = change(users, "users", "list")
    assert refused.returncode == 2
    assert str(users) in refused.stderr


def test_which_file_must_be_said() -> None:
    assert "LEADWIRE_USERS_FILE" in leadwire(NOWHERE, "users", "list").stderr
    assert "LEADWIRE_TOKEN_KEYS_FILE" in leadwire(NOWHERE, "token-keys", "list").stderr


def test_a_password_is_no_argument() -> None:
    refused = leadwire(NOWHERE, "users", "add", "ada", "--role", "reader", "--password", "x")
    assert refused.returncode == 2


def test_changes_at_once_are_all_made(users: Path) -> None:
    names = [f"key-{number}" for number in range(4)]
    with ThreadPoolExecutor() as pool:
        add = ("users", "key", "--role", "reader", "--file", str(users))
        done = pool.map(lambda name: leadwire(NOWHERE, *add, name), names)
        assert [each.returncode for each in done] == [0] * 4
    assert sorted(each["name"] for each in json.loads(users.read_text())["keys"]) == names
    assert [each.name for each in users.parent.iterdir()] == [users.name]


def test_a_symbolic_link_and_the_group_stay(change: Change, users: Path, tmp_path: Path) -> None:
    real = tmp_path / "real" / "users.json"
    real.parent.mkdir()
    real.write_text('{"users": [], "keys": []}')
    group = 12345 if os.geteuid() == 0 else os.getegid()
    os.chown(real, -1, group)
    users.symlink_to(real)
    assert change(users, "users", "key", "crm", "--role", "reader").returncode == 0
    assert users.is_symlink()
    assert (real.stat().st_gid, mode(real)) == (group, 0o640)
    real.chmod(0o600)
    assert change(users, "users", "key", "erp", "--role", "reader").returncode == 0
    assert mode(real) == 0o600, "who was shut out of it stays so"


def kids(file: Path, *, private: bool) -> list[str]:
    return [
        each["kid"] for each in json.loads(file.read_text())["keys"] if ("d" in each) is private
    ]


def test_token_keys_are_rotated(change: Change, keys: Path, tmp_path: Path) -> None:
    assert change(keys, "token-keys", "init").returncode == 0
    assert mode(keys) == 0o640
    [old] = kids(keys, private=True)
    new = change(keys, "token-keys", "add").stdout.strip()
    assert kids(keys, private=True) == [old, new]
    public = tmp_path / "public.json"
    assert change(keys, "token-keys", "public", "--out", str(public)).returncode == 0
    assert kids(public, private=False) == [old, new]
    assert '"d"' not in public.read_text()
    assert change(keys, "token-keys", "use", new).returncode == 0
    assert kids(keys, private=True) == [new, old]
    assert change(keys, "token-keys", "list").stdout == f"{new}  signs\n{old}  verifies\n"
    assert change(keys, "token-keys", "remove", old).returncode == 0
    assert kids(keys, private=True) == [new]


@pytest.mark.parametrize("command", ["init", "remove", "use"])
def test_nobody_is_left_without_a_key(change: Change, keys: Path, command: str) -> None:
    change(keys, "token-keys", "init")
    before = keys.read_bytes()
    [kid] = kids(keys, private=True)
    arguments = {"init": (), "remove": (kid,), "use": ("other",)}[command]
    assert change(keys, "token-keys", command, *arguments).returncode == 2
    assert keys.read_bytes() == before


def test_a_file_for_those_who_verify_gets_nothing_that_signs(
    change: Change, keys: Path, tmp_path: Path
) -> None:
    public = tmp_path / "public.json"
    change(keys, "token-keys", "init")
    change(keys, "token-keys", "public", "--out", str(public))
    refused = change(public, "token-keys", "add")
    assert refused.returncode == 2
    assert "public parts alone" in refused.stderr
    assert '"d"' not in public.read_text()


@pytest.mark.parametrize("broken", ["{}", '{"keys": [{}]}', '{"keys": [5]}'])
def test_broken_keys_are_told_of(change: Change, keys: Path, broken: str) -> None:
    keys.write_text(broken)
    for arguments in (("list",), ("add",)):
        refused = change(keys, "token-keys", *arguments)
        assert (refused.returncode, keys.read_text()) == (2, broken)
        assert "broken" in refused.stderr


def test_what_is_missing_of_the_extra_is_named(users: Path, tmp_path: Path) -> None:
    (tmp_path / "argon2.py").write_text("raise ModuleNotFoundError(name='argon2')")
    done = leadwire(
        NOWHERE, "users", "add", "ada", "--role", "reader", "--file", str(users),
        stdin=PASSWORD, PYTHONPATH=str(tmp_path),
    )  # fmt: skip
    assert done.returncode == 2
    assert "pip install leadwire-client[access]" in done.stderr
    assert not users.exists()


def test_login_prints_a_token_that_does() -> None:
    with FakeLeadwire() as fake:
        fake.add_user("ada", PASSWORD)
        done = leadwire(fake, "login", "--user", "ada", stdin=f"{PASSWORD}\n")
        assert done.returncode == 0, done.stderr
        token = done.stdout.strip()
        assert token not in done.stderr
        assert leadwire(fake, "managers", "list", LEADWIRE_TOKEN=token).returncode == 0
        wrong = leadwire(fake, "login", "--user", "ada", stdin="guessed\n")
        assert (wrong.returncode, wrong.stdout) == (3, "")
        assert "guessed" not in wrong.stderr
        nobody = leadwire(fake, "managers", "list")
        assert nobody.returncode == 3
        assert "LEADWIRE_TOKEN" in nobody.stderr


def test_a_command_that_does_not_write_such_files_needs_no_extra() -> None:
    program = (
        "import sys; sys.modules['argon2'] = sys.modules['cryptography'] = None\n"
        "from leadwire_client.command.__main__ import main; main(['users', '--help'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0
