"""What a users file may hold, and how one that is broken is told of."""

import json
from typing import Any
from uuid import uuid4

import argon2
import pytest

from leadwire.access import Role
from leadwire.access.users import read_users

SECRET = "hunter2-hunter2"
HASHER = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
ADA: dict[str, Any] = {
    "name": "ada",
    "password": HASHER.hash(SECRET),
    "roles": ["manager"],
    "manager_id": str(uuid4()),
}
CRM: dict[str, Any] = {"name": "crm", "sha256": "a" * 64, "roles": ["importer"]}


def file(*users: dict[str, Any], keys: tuple[dict[str, Any], ...] = ()) -> bytes:
    return json.dumps({"users": list(users), "keys": list(keys)}).encode()


def test_users_and_keys_are_found_with_their_roles() -> None:
    users = read_users(file(ADA, keys=(CRM,)))
    found = users.user("ada").principal
    assert found is not None
    assert (found.name, found.roles) == ("ada", frozenset({Role.MANAGER}))
    assert str(found.manager_id) == ADA["manager_id"]
    assert users.user("Ada").principal is None
    assert users.key("nothing") is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "JSON"),
        (b"[]", "object"),
        (b"\xff\xfe", "JSON"),
        (b'{"users": [', "JSON"),
        (file(ADA)[:-9], "JSON"),
        (b'{"user": []}', "user"),
        (file(ADA | {"name": "a:b"}), "users.0.name"),
        (file(ADA | {"name": ""}), "users.0.name"),
        (file(ADA | {"name": "matcher"}), "reserved"),
        (file(ADA | {"name": "Anonymous"}), "reserved"),
        (file(ADA | {"roles": []}), "users.0.roles"),
        (file(ADA | {"roles": ["root"]}), "users.0.roles.0"),
        (file(ADA | {"manager_id": None}), "manager_id"),
        (file(ADA | {"manager_id": "x"}), "users.0.manager_id"),
        (file(ADA | {"password": SECRET}), "argon2id"),
        (file(ADA | {"password": argon2.PasswordHasher(type=argon2.Type.I).hash("x")}), "argon2id"),
        (file(ADA | {"password": ADA["password"].replace("m=8,", "m=99999999,")}), "memory"),
        (file(ADA | {"secret": SECRET}), "users.0.secret"),
        (file(ADA, ADA), "twice"),
        (file(ADA, keys=(CRM | {"name": "ada"},)), "twice"),
        (file(keys=(CRM | {"sha256": SECRET},)), "keys.0.sha256"),
        (file(keys=(CRM, CRM | {"name": "other"})), "same"),
    ],
)
def test_a_broken_file_is_refused_with_the_place_and_without_what_stands_there(
    content: bytes, told: str
) -> None:
    with pytest.raises(ValueError, match=told) as refused:
        read_users(content)
    assert SECRET not in str(refused.value)
    assert "$argon2" not in str(refused.value)


def test_a_name_that_is_nobodys_costs_the_same_check() -> None:
    costly = argon2.PasswordHasher(time_cost=2, memory_cost=64, parallelism=2).hash(SECRET)
    users = read_users(file(ADA, ADA | {"name": "bob", "password": costly}))
    decoy = users.user("nobody").stored
    assert argon2.extract_parameters(decoy) == argon2.extract_parameters(costly)
    with pytest.raises(argon2.exceptions.VerifyMismatchError):
        argon2.PasswordHasher().verify(decoy, SECRET)


def test_a_fingerprint_is_good_for_one_state_of_the_file_and_shows_no_password() -> None:
    users, again = read_users(file(ADA)), read_users(file(ADA))
    assert users.fingerprint("ada", SECRET) == users.fingerprint("ada", SECRET)
    assert users.fingerprint("ada", SECRET) != users.fingerprint("ada", SECRET + "x")
    assert users.fingerprint("ada", SECRET) != users.fingerprint("bob", SECRET)
    assert users.fingerprint("ada", SECRET) != again.fingerprint("ada", SECRET)
    assert SECRET.encode() not in users.fingerprint("ada", SECRET)
