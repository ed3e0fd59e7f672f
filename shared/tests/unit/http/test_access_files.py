"""Users, keys of programs and token keys are read again where their files change."""

import errno
import json
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from structlog.testing import capture_logs

from leadwire.access import Role, only
from leadwire.http import Operation, Response, json_response
from leadwire.testing import eventually
from leadwire.testing.access import (
    Keyring,
    basic,
    keyring_in,
    new_token_key,
    write_private,
)

Client = TestClient[web.Request, web.Application]
Serve = Callable[..., Awaitable[Client]]


@pytest.fixture
def serve_on(serve: Serve, guarded: Callable[[str], web.Application]) -> Serve:
    """Serve something that readers may read."""

    async def read(_: web.Request) -> web.StreamResponse:
        return json_response({})

    ok, readers = {200: Response(None, "x")}, only(Role.READER)
    return lambda: serve(
        Operation("GET", "/read", read, "s", "t", ok, access=readers), app=guarded("")
    )


async def status_of(client: Client, path: str, headers: dict[str, str]) -> int:
    async with client.get(path, headers=headers) as response:
        return response.status


async def test_changed_files_count_at_once_and_nothing_is_remembered_across(
    serve_on: Serve, keyring: Keyring
) -> None:
    client = await serve_on()
    password, key = keyring.headers("reader", "basic"), keyring.headers("reader", "key")
    token = keyring.headers("reader")
    for headers in (password, key, token):
        assert await status_of(client, "/read", headers) == 200

    users = json.loads(keyring.users_file.read_text())
    stored = {each["name"]: each for each in users["users"]}
    stored["reader"]["password"] = stored["admin"]["password"]
    write_private(keyring.users_file, users | {"keys": []})

    async def refused(headers: dict[str, str]) -> bool:
        return await status_of(client, "/read", headers) == 401

    await eventually(lambda: refused(key))
    assert await refused(password)
    assert await status_of(client, "/read", basic("reader", "password of admin")) == 200
    assert await status_of(client, "/read", token) == 200
    write_private(keyring.token_keys_file, {"keys": [new_token_key("second")]})
    await eventually(lambda: refused(token))
    assert await status_of(client, "/read", keyring.headers("reader")) == 200


async def _broken_files(client: Client) -> bool:
    async with client.get("/metrics") as response:
        return 'leadwire_access_files_broken{service="probe"} 1.0' in await response.text()


def _cut_off(file: Path) -> None:
    write_private(file, "x")
    file.write_text('{"users": [')


def _open_to_all(file: Path) -> None:
    file.chmod(0o644)


def _remove(file: Path) -> None:
    file.unlink()


def _make_directory(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize("spoil", [_cut_off, _open_to_all, _remove, _make_directory])
async def test_a_file_that_is_spoilt_later_leaves_the_last_good_state(
    serve_on: Serve, keyring: Keyring, spoil: Callable[[Path], None]
) -> None:
    client = await serve_on()
    with capture_logs() as logs:
        spoil(keyring.users_file)
        await eventually(lambda: _broken_files(client))
    assert [each["event"] for each in logs if each["log_level"] == "error"] == [
        "access_file_refused"
    ]
    assert await status_of(client, "/read", keyring.headers("reader", "basic")) == 200
    if keyring.users_file.is_dir():
        keyring.users_file.rmdir()
    keyring_in(keyring.users_file.parent)
    await eventually(lambda: _mended(client))


async def _mended(client: Client) -> bool:
    return not await _broken_files(client)


async def test_a_change_that_cannot_be_read_just_now_is_not_missed(
    serve_on: Serve, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await serve_on()
    key = keyring.headers("reader", "key")
    assert await status_of(client, "/read", key) == 200

    def no_descriptor_left(*_: object) -> int:
        raise OSError(errno.EMFILE, "Too many open files")

    with capture_logs() as logs:
        with monkeypatch.context() as without:
            without.setattr("leadwire.access.files.os.open", no_descriptor_left)
            write_private(keyring.users_file, {"users": [], "keys": []})
            await eventually(lambda: _broken_files(client))
            assert await status_of(client, "/read", key) == 200

        async def refused() -> bool:
            return await status_of(client, "/read", key) == 401

        await eventually(refused)
    told = [each["event"] for each in logs if each["event"].startswith("access_file")]
    assert told == ["access_file_refused", "access_file_read"]


async def test_a_secret_of_kubernetes_is_swapped_by_its_symbolic_link(
    serve_on: Serve, keyring: Keyring, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    (secret / "v1").mkdir(parents=True)
    shutil.move(keyring.users_file, secret / "v1" / "users.json")
    (secret / "data").symlink_to("v1")
    keyring.users_file.symlink_to(secret / "data" / "users.json")
    client = await serve_on()
    assert await status_of(client, "/read", keyring.headers("reader", "key")) == 200

    (secret / "v2").mkdir()
    write_private(secret / "v2" / "users.json", {"users": [], "keys": []})
    (secret / "next").symlink_to("v2")
    (secret / "next").replace(secret / "data")

    async def refused() -> bool:
        return await status_of(client, "/read", keyring.headers("reader", "key")) == 401

    await eventually(refused)
