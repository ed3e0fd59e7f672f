"""Who asks, for a client for asyncio."""

from leadwire_client._async.caller import AsyncCaller
from leadwire_client._core.calls import access as calls
from leadwire_client.access import Me, Token


class AsyncAccessOperations(AsyncCaller):
    """What can be asked about oneself."""

    async def log_in(self, username: str, password: str) -> Token:
        """Exchange a password for a token; see `LogIn` for a client that does so by itself."""
        return await self._run(calls.log_in(username, password))

    async def me(self) -> Me:
        """Read who asks, and what he may."""
        return await self._run(calls.me())
