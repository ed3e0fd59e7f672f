"""The fake: what tests do with it."""

import threading
from collections.abc import Sequence
from http.server import ThreadingHTTPServer
from typing import Any, Self
from uuid import UUID, uuid4

from leadwire_client._core.decoding import decode, encode
from leadwire_client.models import Lead, Manager
from leadwire_client.ops import ParkedEvent
from leadwire_client.testing.refusal import Refusal
from leadwire_client.testing.routes.ops import park
from leadwire_client.testing.seen import Seen
from leadwire_client.testing.serving import Handler
from leadwire_client.testing.state import Logged, State


class FakeLeadwire:
    """A Leadwire in memory; see the package.

    Args:
        heartbeat: Seconds of silence after which a stream gets a mark.

    Attributes:
        url: Where it is, while in context.
        requests: What was asked, in its order.
    """

    def __init__(self, *, heartbeat: float = 15.0) -> None:
        self._state = State()
        self._refusals: list[Refusal] = []
        self.requests: list[Seen] = []
        state, refusals, requests = self._state, self._refusals, self.requests

        class Bound(Handler):
            fake = state
            refuse = refusals
            seen = requests
            heartbeat_s = heartbeat

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Bound)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut_streams()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def add_lead(self, *, name: str, family_name: str, email: str, **fields: Any) -> Lead:
        """Add a lead, as if it had come in otherwise; `fields` as they stand in the JSON."""
        with self._state.changed:
            given = {"name": name, "family_name": family_name, "email": email, **fields}
            return _lead(self._state.add_lead(given))

    def change_lead(self, lead_id: UUID, **fields: Any) -> Lead:
        """Change a lead, as if somebody else had; `fields` as they stand in the JSON."""
        with self._state.changed:
            return _lead(self._state.change(str(lead_id), "contact", **fields))

    def mark_lead(self, lead_id: UUID, status: str) -> Lead:
        """Mark a lead, as if its manager had."""
        with self._state.changed:
            return _lead(self._state.mark(str(lead_id), status)["lead"])

    def erase_lead(self, lead_id: UUID) -> None:
        """Erase a lead, as if somebody else had."""
        with self._state.changed:
            self._state.erase(str(lead_id))

    def add_manager(self, name: str, **fields: Any) -> Manager:
        """Add a lead manager."""
        with self._state.changed:
            return decode(encode(self._state.add_manager({"name": name, **fields})), Manager)

    def park(self, service: str, **fields: Any) -> ParkedEvent:
        """Set an event aside in a service; `fields` as they stand in the JSON."""
        with self._state.changed:
            return decode(encode(park(self._state, service, fields)), ParkedEvent)

    @property
    def leads(self) -> Sequence[Lead]:
        """All leads, oldest first."""
        with self._state.changed:
            return [_lead(each) for each in self._state.leads.values()]

    def conceal_leads(self) -> None:
        """Tell of a lead that is created that it was received, and no more, as to strangers."""
        with self._state.changed:
            self._state.conceals = True

    def hold_replays(self) -> None:
        """Let replays run until they are cancelled; else they end when they are looked at twice."""
        with self._state.changed:
            self._state.replays_end = False

    def cut_streams(self) -> None:
        """Cut all streams that are open; their clients come again."""
        state = self._state

        def cut() -> None:
            state.connections += 1

        state.wake(cut)

    def expire_cursors(self) -> None:
        """Forget the log, and cut all streams: old cursors are answered with 410."""
        state = self._state

        def forget() -> None:
            # Something must have happened since, or the last cursor would still be good.
            state.log.append(Logged(str(uuid4()), 1, None, None))
            state.pruned_to = len(state.log)
            state.connections += 1

        state.wake(forget)

    def restart(self) -> None:
        """Begin a new epoch, as after a rebuild, and cut all streams."""
        state = self._state

        def begin() -> None:
            state.epoch = str(uuid4())
            state.log.clear()
            state.pruned_to = 0
            state.connections += 1

        state.wake(begin)

    def add_user(self, name: str, password: str, *, lifetime: float = 3600) -> None:
        """Let in users alone from now on, by their password or a token that they got for it.

        Args:
            name: Of the user.
            password: Of the user.
            lifetime: Seconds for which tokens are said to be good; they end with `end_tokens`.
        """
        with self._state.changed:
            self._state.door.users[name] = password
            self._state.door.lifetime = lifetime

    def end_tokens(self) -> None:
        """Know no token any more that was given out."""
        with self._state.changed:
            self._state.door.tokens.clear()

    def refuse_next(
        self, status: int, code: str, *, retry_after: int | None = None, times: int = 1
    ) -> None:
        """Refuse the next requests, whatever they are."""
        self._refusals.extend(Refusal(status, code, retry_after=retry_after) for _ in range(times))


def _lead(document: dict[str, Any]) -> Lead:
    return decode(encode(document), Lead)
