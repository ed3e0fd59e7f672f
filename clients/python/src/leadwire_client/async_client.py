"""The client for asyncio; `Client` is the same for programs that block."""

import ssl
from typing import Literal, Self, Unpack

from leadwire_client._async.access import AsyncAccessOperations
from leadwire_client._async.imports import AsyncImportOperations
from leadwire_client._async.journal import AsyncJournalOperations
from leadwire_client._async.leads import AsyncLeadOperations
from leadwire_client._async.managers import AsyncManagerOperations
from leadwire_client._async.ops import AsyncOpsOperations
from leadwire_client._async.replays import AsyncReplayOperations
from leadwire_client._async.webhooks import AsyncWebhookOperations
from leadwire_client._core.polling import IMPORT_WITHIN
from leadwire_client._core.retries import Backoff
from leadwire_client._core.session import StreamSession, Wish, patience_of
from leadwire_client._http.asked import Server
from leadwire_client._http.asynchronous import AsyncHttp
from leadwire_client.async_stream import AsyncLiveLeads, AsyncStream
from leadwire_client.checkpoints import AsyncCheckpoint, Checkpoint
from leadwire_client.credentials import Credentials
from leadwire_client.filters import Filters, as_query


class AsyncClient(
    AsyncAccessOperations,
    AsyncLeadOperations,
    AsyncManagerOperations,
    AsyncImportOperations,
    AsyncJournalOperations,
    AsyncOpsOperations,
    AsyncReplayOperations,
    AsyncWebhookOperations,
):
    """Talks to one Leadwire server; see `Client`, method by method.

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
            http=AsyncHttp(server),
            backoff=backoff or Backoff(),
            patience=patience,
            import_within=import_within,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def stream(
        self,
        *,
        follow: bool = True,
        start: Literal["snapshot", "now"] = "snapshot",
        cursor: str | None = None,
        checkpoint: Checkpoint | AsyncCheckpoint | None = None,
        give_up_after: float | None = None,
        **filters: Unpack[Filters],
    ) -> AsyncStream:
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
        return AsyncStream(http=self._http, session=session, checkpoint=checkpoint)

    def live(self, **filters: Unpack[Filters]) -> AsyncLiveLeads:
        """Keep a copy of the leads that match, current in the background, while in context."""
        return AsyncLiveLeads(self.stream(**filters))
