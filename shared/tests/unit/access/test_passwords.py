"""What is remembered of passwords that were right."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher

from leadwire.access.passwords import REMEMBERED_SECONDS, PasswordChecks

if TYPE_CHECKING:
    from shared.tests.unit.access.conftest import Clock

STORED = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("right")


@pytest.fixture
async def checks(clock: "Clock") -> AsyncIterator[PasswordChecks]:
    checks = PasswordChecks(clock=clock)
    yield checks
    await checks.stop()


async def check(checks: PasswordChecks, fingerprint: bytes, sent: str = "right") -> bool:
    return await checks.begin(fingerprint, stored=STORED, password=sent, on_right=lambda: None)


async def test_a_right_password_is_remembered_for_a_minute_and_a_wrong_one_never(
    checks: PasswordChecks, clock: "Clock"
) -> None:
    assert await check(checks, b"ada")
    assert not await check(checks, b"bob", "wrong")
    assert REMEMBERED_SECONDS == 60
    clock.now += 59
    assert checks.remembers(b"ada")
    assert not checks.remembers(b"bob")
    clock.now += 1
    assert not checks.remembers(b"ada")


async def test_what_was_right_longest_ago_is_forgotten_first(
    checks: PasswordChecks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadwire.access.passwords.MOST_REMEMBERED", 2)
    for name in (b"ada", b"bob", b"ada", b"eve"):
        assert await check(checks, name)
    assert [name for name in (b"ada", b"bob", b"eve") if checks.remembers(name)] == [b"ada", b"eve"]
