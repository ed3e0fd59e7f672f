"""Tell who shows some credentials."""

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from leadwire.access.attempts import Attempts
from leadwire.access.credentials import ApiKey, Bearer, Credentials, Password
from leadwire.access.errors import (
    AccessFileError,
    AccessRefusalError,
    ForbiddenError,
    UnauthorizedError,
)
from leadwire.access.files import WatchedFile
from leadwire.access.metrics import AccessMetrics
from leadwire.access.passwords import PasswordChecks
from leadwire.access.roles import NOBODY, Access, Principal
from leadwire.access.tokens import IssuedToken, read_token_keys
from leadwire.access.users import read_users
from leadwire.lifecycle import PeriodicTask

LOOK_EVERY: Final = 1.0
"""Seconds between two looks at the files."""

_MISSING: Final = (
    "say who you are: by HTTP Basic, by a token of POST /v1/auth/token as Bearer, or by X-API-Key"
)


class Authenticator:
    """Knows users, API keys and token keys; a component, since it watches their files.

    Args:
        users_file: See `leadwire.access.users`.
        token_keys_file: See `leadwire.access.tokens`.
        token_lifetime: How long new tokens are good for.
        look_every: Seconds between two looks at the files.

    Attributes:
        metrics: Refusals and broken files.

    Raises:
        AccessFileError: A file cannot be used.
    """

    def __init__(
        self,
        *,
        users_file: Path,
        token_keys_file: Path,
        token_lifetime: timedelta,
        look_every: float = LOOK_EVERY,
    ) -> None:
        self._users = WatchedFile(path=users_file, read=read_users, is_secret=lambda _: True)
        self._keys = WatchedFile(
            path=token_keys_file, read=read_token_keys, is_secret=lambda keys: keys.can_sign
        )
        self._keys_path = token_keys_file
        self._token_lifetime = token_lifetime
        self._attempts = Attempts()
        self._checks = PasswordChecks()
        self.metrics = AccessMetrics()
        self._watch = PeriodicTask(
            name="access files", interval=look_every, body=self._look, passes=lambda _: False
        )

    async def start(self) -> None:
        """Watch the files."""
        await self._watch.start()

    async def stop(self) -> None:
        """Watch no more."""
        await self._watch.stop()
        await self._checks.stop()

    async def wait(self) -> None:
        """Return once stopped; raise what ended the watch otherwise."""
        await self._watch.wait()

    def insist_on_signing(self) -> None:
        """See to it that tokens can be issued.

        Raises:
            AccessFileError: No key has a private part.
        """
        if not self._keys.value.can_sign:
            raise AccessFileError(
                self._keys_path, "no key in it has its private part, which tokens are signed with"
            )

    async def admit(
        self, credentials: Credentials | None, access: Access, *, address: str
    ) -> Principal:
        """Tell who asks, if he may.

        Args:
            credentials: What he shows.
            access: Who may.
            address: Where he asks from, for counting wrong passwords.

        Raises:
            AccessRefusalError: He is not known, may not, or tried too often.
        """
        try:
            if credentials is None:
                return _without_credentials(access)
            principal = await self._principal(credentials, address=address)
            _insist_on_role(principal, access)
            return principal
        except AccessRefusalError as refusal:
            self.count(refusal)
            raise

    def still_knows(self, principal: Principal) -> bool:
        """Tell whether what somebody showed when he was let in has neither changed nor gone since.

        Of a user or API key that is all of its entry in the file; of a token, its key.
        """
        proof = principal.proof
        return proof in self._users.value.proofs or proof in self._keys.value.proofs

    async def log_in(self, given: Password, *, address: str) -> tuple[Principal, IssuedToken]:
        """Give a token for a password.

        Raises:
            AccessRefusalError: It is wrong, or was tried too often.
        """
        try:
            principal = await self._by_password(given, address=address)
        except AccessRefusalError as refusal:
            self.count(refusal)
            raise
        return principal, self._keys.value.issue(principal, lifetime=self._token_lifetime)

    def count(self, refusal: AccessRefusalError) -> None:
        """Count a refusal."""
        self.metrics.refusals.labels(refusal.code).inc()

    async def _principal(self, credentials: Credentials, *, address: str) -> Principal:
        match credentials:
            case Bearer(token):
                return self._keys.value.principal(token)
            case ApiKey(key):
                return self._by_key(key)
            case Password():
                return await self._by_password(credentials, address=address)

    def _by_key(self, key: str) -> Principal:
        # Not slowed: nobody guesses what has 256 random bits.
        principal = self._users.value.key(key)
        if principal is None:
            raise UnauthorizedError("this API key is not known; ask an administrator for one")
        return principal

    async def _by_password(self, given: Password, *, address: str) -> Principal:
        self._attempts.insist(user=given.name, address=address)
        users = self._users.value
        user, fingerprint = users.user(given.name), users.fingerprint(given.name, given.password)
        right = self._checks.remembers(fingerprint)
        if not right:
            check = self._checks.running(fingerprint)
            if check is None:
                check = self._begin_check(given, user.stored, fingerprint, address)
            right = await asyncio.shield(check)  # others may wait for it, too
        if not right or user.principal is None:
            raise UnauthorizedError("user name or password is wrong")
        return user.principal

    def _begin_check(
        self, given: Password, stored: str, fingerprint: bytes, address: str
    ) -> asyncio.Task[bool]:
        attempt = {"user": given.name, "address": address}
        check = self._checks.begin(
            fingerprint,
            stored=stored,
            password=given.password,
            on_right=partial(self._attempts.succeeded, **attempt),
        )
        self._attempts.count(**attempt)
        return check

    async def _look(self) -> bool:
        files = (self._users, self._keys)
        for file in files:
            await asyncio.to_thread(file.look)
        self.metrics.broken_files.set(sum(file.broken for file in files))
        return False


def _without_credentials(access: Access) -> Principal:
    if access.roles is not None:
        raise UnauthorizedError(_MISSING)
    return NOBODY


def _insist_on_role(principal: Principal, access: Access) -> None:
    if access.roles is not None and not access.roles & principal.roles:
        raise ForbiddenError(f"this takes one of the roles {', '.join(sorted(access.roles))}")
