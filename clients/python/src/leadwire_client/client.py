"""The client for programs that block; `AsyncClient` is the same for asyncio."""

import ssl
from typing import Literal, Self, Unpack

from leadwire_client._core.polling import IMPORT_WITHIN
from leadwire_client._core.retries import Backoff
from leadwire_client._core.session import StreamSession, Wish, patience_of
from leadwire_client._http.asked import Server
from leadwire_client._http.sync import Http
from leadwire_client._sync.access import AccessOperations
from leadwire_client._sync.imports import ImportOperations
from leadwire_client._sync.journal import JournalOperations
from leadwire_client._sync.leads import LeadOperations
from leadwire_client._sync.managers import ManagerOperations
from leadwire_client._sync.ops import OpsOperations
from leadwire_client._sync.replays import ReplayOperations
from leadwire_client._sync.webhooks import WebhookOperations
from leadwire_client.checkpoints import Checkpoint
from leadwire_client.credentials import Credentials
from leadwire_client.filters import Filters, as_query
from leadwire_client.stream import LiveLeads, Stream


class Client(
    AccessOperations,
    LeadOperations,
    ManagerOperations,
    ImportOperations,
    JournalOperations,
    OpsOperations,
    ReplayOperations,
    WebhookOperations,
):
    """Talks to one Leadwire server.

    What is safe to repeat is repeated when the server cannot be reached or says later: reads,
    marks, changes, erasures, imports, taking the next lead. Adding a manager is not.

    Args:
        base_url: Of the server, for example `https://leads.example.com`.
        credentials: Who asks; see `Basic`, `Bearer`, `ApiKey` and `LogIn`.
        timeout: Seconds that a connection, or any piece of an answer, may take.
        patience: Seconds for which an attempt that failed is followed by another.
        import_within: Seconds that the server may take to answer an import when all is sent.
        backoff: How long to wait between attempts.
        ssl_context: Whom to trust; by default whom the system trusts.

    Raises:
        ValueError: `base_url` is none.
    """

    def __init__(
        self,
        base_url: str,
        *,
        credentials: Credentials | None = None,
        timeout: float = 30.0,
        patience: float = 30.0,
        import_within: float = IMPORT_WITHIN,
        backoff: Backoff | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        server = Server(
            base_url=base_url, credentials=credentials, timeout=timeout, ssl_context=ssl_context
        )
        super().__init__(
            http=Http(server),
            backoff=backoff or Backoff(),
            patience=patience,
            import_within=import_within,
        )

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def stream(
        self,
        *,
        follow: bool = True,
        start: Literal["snapshot", "now"] = "snapshot",
        cursor: str | None = None,
        checkpoint: Checkpoint | None = None,
        give_up_after: float | None = None,
        **filters: Unpack[Filters],
    ) -> Stream:
        """Read leads, and every change of them, without a gap.

        Args:
            follow: Stay for changes; else end when the snapshot is complete.
            start: Begin with what there is, or only with what changes from now on.
            cursor: Resume here; belongs to these filters.
            checkpoint: Resume where it says, and keep it current.
            give_up_after: Seconds without progress after which to raise; by default never, or
                after 60 s if `follow` is false.
            filters: Which leads.
        """
        if cursor is not None and checkpoint is not None:
            raise ValueError("give cursor or checkpoint, not both")
        session = StreamSession(
            wish=Wish(filters=as_query(filters), follow=follow, start=start),
            backoff=self._backoff,
            patience=patience_of(give_up_after, follow=follow),
        )
        session.resume(cursor)
        return Stream(http=self._http, session=session, checkpoint=checkpoint)

    def live(self, **filters: Unpack[Filters]) -> LiveLeads:
        """Keep a copy of the leads that match, current in the background, while in context."""
        return LiveLeads(self.stream(**filters))
