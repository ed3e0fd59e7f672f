"""Who asks, for a client that blocks."""

from leadwire_client._core.calls import access as calls
from leadwire_client._sync.caller import Caller
from leadwire_client.access import Me, Token


class AccessOperations(Caller):
    """What can be asked about oneself."""

    def log_in(self, username: str, password: str) -> Token:
        """Exchange a password for a token; see `LogIn` for a client that does so by itself."""
        return self._run(calls.log_in(username, password))

    def me(self) -> Me:
        """Read who asks, and what he may."""
        return self._run(calls.me())
