"""`leadwire token-keys`: the file of the keys that sign and verify tokens."""

import argparse
import os
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from leadwire_client.command import exits
from leadwire_client.command.access import private_files
from leadwire_client.command.access.missing import from_the_extra
from leadwire_client.command.access.private_files import Json
from leadwire_client.command.model import Command, Group
from leadwire_client.command.printable import print_lines

VARIABLE: Final = "LEADWIRE_TOKEN_KEYS_FILE"

Keys = list[Json]


def _add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--file", type=Path, metavar="FILE", help=f"of keys; {VARIABLE}")


def _add_kid(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kid", metavar="KID", help="of a key, as `list` shows it")
    _add_file(parser)


def _add_out(parser: argparse.ArgumentParser) -> None:
    _add_file(parser)
    parser.add_argument("--out", type=Path, metavar="FILE", required=True, help="to be written")


def _path(given: argparse.Namespace) -> Path:
    path = given.file or os.environ.get(VARIABLE)
    if not path:
        raise ValueError(f"say which file: --file, or {VARIABLE}")
    return Path(path)


def _init(given: argparse.Namespace) -> int:
    path = _path(given)
    with private_files.changing(path):
        if path.exists():
            raise ValueError(f"{path} is there already; `leadwire token-keys add` adds a key to it")
        _write(path, [_new_key()])
    return exits.DONE


def _change(given: argparse.Namespace, change: Callable[[Keys], Keys]) -> int:
    path = _path(given)
    with private_files.changing(path):
        keys = _read(path)
        if not _signs(keys):
            # A private part that were added here would go to every service.
            raise ValueError(
                f"{path} has public parts alone: change manager-svc's file, and write this one "
                "anew with `leadwire token-keys public`"
            )
        _write(path, change(keys))
    return exits.DONE


def _add(given: argparse.Namespace) -> int:
    new = _new_key()
    _change(given, lambda keys: [*keys, new])
    print_lines(str(new["kid"]))
    return exits.DONE


def _use(given: argparse.Namespace) -> int:
    return _change(given, lambda keys: [_key(keys, given.kid), *_without(keys, given.kid)])


def _remove(given: argparse.Namespace) -> int:
    return _change(given, lambda keys: _without(keys, given.kid))


def _list(given: argparse.Namespace) -> int:
    signs = True
    for key in _read(_path(given)):
        private = "d" in key
        does = "signs" if private and signs else "verifies"
        signs = signs and not private
        print_lines(f"{key['kid']}  {does}{'' if private else ', public part only'}")
    return exits.DONE


def _public(given: argparse.Namespace) -> int:
    keys = [{name: key[name] for name in key if name != "d"} for key in _read(_path(given))]
    private_files.write(given.out, {"keys": keys}, mode=private_files.FOR_ALL)
    return exits.DONE


def _read(path: Path) -> Keys:
    keys = private_files.entries(path, private_files.read(path), "keys", bearing="kid")
    if not keys:
        raise ValueError(f"{path} is broken: it holds no keys")
    return keys


def _write(path: Path, keys: Keys) -> None:
    if not _signs(keys):
        raise ValueError("one key with its private part must stay, or nobody could sign")
    private_files.write(path, {"keys": keys})


def _signs(keys: Keys) -> bool:
    return any("d" in key for key in keys)


def _key(keys: Keys, kid: str) -> Json:
    for key in keys:
        if key.get("kid") == kid:
            return key
    raise ValueError(f"there is no key {kid}")


def _without(keys: Keys, kid: str) -> Keys:
    removed = _key(keys, kid)
    return [key for key in keys if key is not removed]


def _new_key() -> Json:
    with from_the_extra():
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
            Ed25519PrivateKey,
        )
    key = Ed25519PrivateKey.generate()
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "alg": "EdDSA",
        "kid": f"{datetime.now(UTC):%Y-%m-%d}-{secrets.token_hex(3)}",
        "x": _base64(key.public_key().public_bytes_raw()),
        "d": _base64(key.private_bytes_raw()),
    }


def _base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


_DESCRIPTION: Final = """\
Change the file that LEADWIRE_TOKEN_KEYS_FILE of manager-svc names. The other services need the
public parts alone. All read their file again by themselves.

to put a new key into use, without any token being refused:
  1. leadwire token-keys add               it verifies, and does not sign yet
  2. leadwire token-keys public --out ...  for the other services
  3. leadwire token-keys use KID           manager-svc signs with it
  4. leadwire token-keys remove OLD-KID    once the tokens that it signed have ended; then 2 again
"""

_command: Final = partial(Command.brief, connects=False)

GROUP: Final = Group(
    name="token-keys",
    summary="keys that sign and verify tokens, in a file",
    description=_DESCRIPTION,
    commands=(
        _command("init", "make the file, with one key", _add_file, _init),
        _command("add", "add a key, which only verifies as yet", _add_file, _add),
        _command("use", "sign with this key from now on", _add_kid, _use),
        _command("remove", "remove a key, and so end the tokens that it signed", _add_kid, _remove),
        _command("list", "list the keys", _add_file, _list),
        _command("public", "write the public parts into another file", _add_out, _public),
    ),
)
