"""Lead managers, for a client for asyncio."""

from collections.abc import AsyncIterator, Mapping

from leadwire_client._async.caller import AsyncCaller
from leadwire_client._core.calls import managers as calls
from leadwire_client._core.calls.making import Id, fields
from leadwire_client.explanations import Removal
from leadwire_client.models import LeadWork, Manager


class AsyncManagerOperations(AsyncCaller):
    """What can be asked about lead managers."""

    def managers(self, *, q: str | None = None, state: str | None = None) -> AsyncIterator[Manager]:
        """Give lead managers, by a part of the name and by an `Availability`."""
        return self._all(lambda at: calls.managers(q=q, state=state, at=at))

    async def manager(self, manager_id: Id) -> Manager:
        """Read a lead manager, with the leads that he holds."""
        return await self._run(calls.manager(manager_id))

    async def add_manager(
        self, name: str, *, email: str | None = None, capacity: int = 1
    ) -> Manager:
        """Add a lead manager, who takes the oldest waiting lead at once."""
        data = fields(name=name, email=email, capacity=capacity)
        return await self._run(calls.add_manager(data))

    async def change_manager(self, manager_id: Id, changes: Mapping[str, object]) -> Manager:
        """Change `name`, `email` or `capacity`; what is left out stays."""
        return await self._run(calls.change_manager(manager_id, changes))

    async def preview_removal(self, manager_id: Id) -> Removal:
        """Say what would happen if a lead manager was removed now; nothing is changed."""
        return await self._run(calls.preview_removal(manager_id))

    async def remove_manager(self, manager_id: Id) -> None:
        """Remove a lead manager; his leads wait again."""
        await self._run(calls.remove_manager(manager_id))

    async def restore_manager(self, manager_id: Id) -> Manager:
        """Take a removal back: he gets leads again, but not those that he held."""
        return await self._run(calls.restore_manager(manager_id))

    async def pause_manager(self, manager_id: Id) -> Manager:
        """Let a manager keep what he holds and get nothing new."""
        return await self._run(calls.pause_manager(manager_id))

    async def resume_manager(self, manager_id: Id) -> Manager:
        """Let a paused manager get leads again."""
        return await self._run(calls.resume_manager(manager_id))

    async def next_lead(self, manager_id: Id, *, idempotency_key: str | None = None) -> LeadWork:
        """Take the oldest waiting lead for a manager."""
        return await self._run(calls.next_lead(manager_id, key=idempotency_key))
