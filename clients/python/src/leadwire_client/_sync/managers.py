"""Lead managers, for a client that blocks."""

from collections.abc import Iterator, Mapping

from leadwire_client._core.calls import managers as calls
from leadwire_client._core.calls.making import Id, fields
from leadwire_client._sync.caller import Caller
from leadwire_client.explanations import Removal
from leadwire_client.models import LeadWork, Manager


class ManagerOperations(Caller):
    """What can be asked about lead managers."""

    def managers(self, *, q: str | None = None, state: str | None = None) -> Iterator[Manager]:
        """Give lead managers, by a part of the name and by an `Availability`."""
        return self._all(lambda at: calls.managers(q=q, state=state, at=at))

    def manager(self, manager_id: Id) -> Manager:
        """Read a lead manager, with the leads that he holds."""
        return self._run(calls.manager(manager_id))

    def add_manager(self, name: str, *, email: str | None = None, capacity: int = 1) -> Manager:
        """Add a lead manager, who takes the oldest waiting lead at once."""
        data = fields(name=name, email=email, capacity=capacity)
        return self._run(calls.add_manager(data))

    def change_manager(self, manager_id: Id, changes: Mapping[str, object]) -> Manager:
        """Change `name`, `email` or `capacity`; what is left out stays."""
        return self._run(calls.change_manager(manager_id, changes))

    def preview_removal(self, manager_id: Id) -> Removal:
        """Say what would happen if a lead manager was removed now; nothing is changed."""
        return self._run(calls.preview_removal(manager_id))

    def remove_manager(self, manager_id: Id) -> None:
        """Remove a lead manager; his leads wait again."""
        self._run(calls.remove_manager(manager_id))

    def restore_manager(self, manager_id: Id) -> Manager:
        """Take a removal back: he gets leads again, but not those that he held."""
        return self._run(calls.restore_manager(manager_id))

    def pause_manager(self, manager_id: Id) -> Manager:
        """Let a manager keep what he holds and get nothing new."""
        return self._run(calls.pause_manager(manager_id))

    def resume_manager(self, manager_id: Id) -> Manager:
        """Let a paused manager get leads again."""
        return self._run(calls.resume_manager(manager_id))

    def next_lead(self, manager_id: Id, *, idempotency_key: str | None = None) -> LeadWork:
        """Take the oldest waiting lead for a manager."""
        return self._run(calls.next_lead(manager_id, key=idempotency_key))
