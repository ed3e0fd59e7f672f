"""Exchange a password for a token, and renew it before it ends; without I/O."""

import time
from collections.abc import Callable, Mapping
from typing import Final

from leadwire_client._core.calls import access
from leadwire_client._core.wire import Answer, Request
from leadwire_client.access import Token
from leadwire_client.credentials import LogIn

RENEWED_AFTER: Final = 0.8
"""Part of a token's life after which the next one is asked for."""

ASKED_AGAIN_AFTER: Final = 60.0
"""Seconds after which a server without access control is asked again for a token."""

_OFF: Final = "access_off"


class KeptToken:
    """The token of one who logs in.

    Args:
        credentials: His name and password.
        clock: Gives seconds that only grow.
    """

    def __init__(self, credentials: LogIn, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._call = access.log_in(credentials.username, credentials.password)
        self._clock = clock
        self._token: str | None = None
        self._good_until = float("-inf")

    @property
    def request(self) -> Request:
        """What to ask for a token with."""
        return self._call.request

    @property
    def due(self) -> bool:
        """Whether to ask for one before anything else."""
        return self._clock() >= self._good_until

    def proof(self) -> Mapping[str, str]:
        """Give the header that proves who asks; none where nobody needs to."""
        return {} if self._token is None else {"Authorization": f"Bearer {self._token}"}

    def understand(self, answer: Answer) -> bool:
        """Keep the token of an answer.

        Returns:
            Whether there is one, or none is needed; if not, the answer says why.
        """
        if answer.status == 404 and _OFF.encode() in answer.body:
            self._keep(None, ASKED_AGAIN_AFTER)
        elif answer.status == 200:
            token: Token = self._call.read(answer)
            self._keep(token.access_token, token.expires_in * RENEWED_AFTER)
        else:
            return False
        return True

    def forget(self, proof: Mapping[str, str]) -> None:
        """Ask for a new token next time, if this is still the one."""
        if proof == self.proof():
            self._good_until = float("-inf")

    def _keep(self, token: str | None, seconds: float) -> None:
        self._token = token
        self._good_until = self._clock() + seconds
