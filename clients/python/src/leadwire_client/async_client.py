"""The client for asyncio; `Client` is the same for programs that block."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Literal, Self, TypeVar, Unpack

from leadwire_client._core import calls
from leadwire_client._core.calls import Id
from leadwire_client._core.decoding import decode, problem_of
from leadwire_client._core.lines import LineDecoder
from leadwire_client._core.polling import Polls
from leadwire_client._core.retries import Attempts, Backoff
from leadwire_client._core.session import StreamSession, Wish, patience_of
from leadwire_client._core.wire import Call
from leadwire_client._http.asked import Server
from leadwire_client._http.asynchronous import AsyncHttp
from leadwire_client.async_stream import AsyncLiveLeads, AsyncStream
from leadwire_client.checkpoints import AsyncCheckpoint, Checkpoint
from leadwire_client.client import IMPORT_WITHIN, PAGE
from leadwire_client.credentials import Credentials
from leadwire_client.errors import TransportError
from leadwire_client.filters import Filters, as_query
from leadwire_client.models import (
    Failure,
    HistoryEntry,
    Lead,
    LeadContact,
    LeadCounts,
    LeadWork,
    Manager,
    Marked,
    Page,
    Receipt,
)
from leadwire_client.uploads import Progress, Source, upload_of

T = TypeVar("T")


class AsyncClient:
    """Talks to one Leadwire server; see `Client`, method by method.

    What is safe to repeat is repeated when the server cannot be reached or says later: reads,
    marks, changes, erasures, imports, taking the next lead. Adding a manager is not.

    Args:
        base_url: Of the server, for example `https://leads.example.com`.
        credentials: Who asks; see `Basic`, `Bearer` and `ApiKey`.
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
        self._http = AsyncHttp(server)
        self._patience = patience
        self._import_within = import_within
        self._backoff = backoff or Backoff()

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # Leads

    async def lead(self, lead_id: Id, *, at_least: str | None = None) -> Lead:
        """Read a lead.

        Args:
            lead_id: Which.
            at_least: Wait until it has reached this state, as a write's `tags` name it.
        """
        return await self._run(calls.lead(lead_id, at_least=at_least))

    def leads(self, **filters: Unpack[Filters]) -> AsyncIterator[Lead]:
        """Give all leads that match, oldest first, page by page as they are asked for."""
        query = as_query(filters)
        return self._all(lambda at: calls.leads(query, cursor=at, limit=PAGE))

    async def leads_page(
        self, *, cursor: str | None = None, limit: int = 100, **filters: Unpack[Filters]
    ) -> Page[Lead]:
        """Give one page of the leads that match."""
        return await self._run(calls.leads(as_query(filters), cursor=cursor, limit=limit))

    async def count_leads(self, **filters: Unpack[Filters]) -> LeadCounts:
        """Count the leads that match."""
        return await self._run(calls.count_leads(as_query(filters)))

    async def create_lead(
        self,
        *,
        name: str,
        family_name: str,
        email: str,
        cellphone: str | None = None,
        idempotency_key: str | None = None,
    ) -> LeadContact:
        """Create a lead, as the public form does."""
        fields = calls.fields(name=name, family_name=family_name, email=email, cellphone=cellphone)
        return await self._run(calls.create_lead(fields, key=idempotency_key))

    async def change_lead(
        self, lead_id: Id, changes: Mapping[str, object], *, if_match: str | None = None
    ) -> LeadContact:
        """Change contact data.

        Args:
            lead_id: Which.
            changes: By field; what is left out stays. None removes.
            if_match: Only if this is its state, as `contact-3`.
        """
        return await self._run(calls.change_lead(lead_id, changes, if_match=if_match))

    async def erase_lead(self, lead_id: Id, *, if_match: str | None = None) -> None:
        """Erase a lead's personal data everywhere."""
        await self._run(calls.erase_lead(lead_id, if_match=if_match))

    def history(self, lead_id: Id) -> AsyncIterator[HistoryEntry]:
        """Give what happened to a lead, oldest first."""
        return self._all(lambda at: calls.history(lead_id, cursor=at, limit=PAGE))

    async def mark(self, lead_id: Id, status: str, *, if_match: str | None = None) -> Marked:
        """Mark a lead; a decision frees its manager, who takes the next one at once.

        Args:
            lead_id: Which.
            status: A `LeadStatus`.
            if_match: Only if this is its state, as `work-7`.
        """
        return await self._run(calls.mark(lead_id, status, if_match=if_match))

    async def assign(
        self,
        lead_id: Id,
        manager_id: Id,
        *,
        reassign: bool = False,
        if_match: str | None = None,
    ) -> LeadWork:
        """Give a lead to a manager; with `reassign` also if another one holds it."""
        return await self._run(
            calls.assign(lead_id, manager_id, reassign=reassign, if_match=if_match)
        )

    async def release(self, lead_id: Id, *, if_match: str | None = None) -> LeadWork:
        """Give a lead back: it waits again at its old age."""
        return await self._run(calls.release(lead_id, if_match=if_match))

    # Lead managers

    def managers(self, *, q: str | None = None, state: str | None = None) -> AsyncIterator[Manager]:
        """Give lead managers, by a part of the name and by an `Availability`."""
        return self._all(lambda at: calls.managers(q=q, state=state, cursor=at, limit=PAGE))

    async def manager(self, manager_id: Id) -> Manager:
        """Read a lead manager, with the leads that he holds."""
        return await self._run(calls.manager(manager_id))

    async def add_manager(
        self, name: str, *, email: str | None = None, capacity: int = 1
    ) -> Manager:
        """Add a lead manager, who takes the oldest waiting lead at once."""
        fields = calls.fields(name=name, email=email, capacity=capacity)
        return await self._run(calls.add_manager(fields))

    async def change_manager(self, manager_id: Id, changes: Mapping[str, object]) -> Manager:
        """Change `name`, `email` or `capacity`; what is left out stays."""
        return await self._run(calls.change_manager(manager_id, changes))

    async def remove_manager(self, manager_id: Id) -> None:
        """Remove a lead manager; his leads wait again."""
        await self._run(calls.remove_manager(manager_id))

    async def pause_manager(self, manager_id: Id) -> Manager:
        """Let a manager keep what he holds and get nothing new."""
        return await self._run(calls.pause_manager(manager_id))

    async def resume_manager(self, manager_id: Id) -> Manager:
        """Let a paused manager get leads again."""
        return await self._run(calls.resume_manager(manager_id))

    async def next_lead(self, manager_id: Id, *, idempotency_key: str | None = None) -> LeadWork:
        """Take the oldest waiting lead for a manager."""
        return await self._run(calls.next_lead(manager_id, key=idempotency_key))

    # Imports

    async def import_leads(
        self,
        source: Source,
        *,
        content_type: str | None = None,
        region: str | None = None,
        columns: Mapping[str, str] | None = None,
        dry_run: bool = False,
        background: bool = False,
        idempotency_key: str | None = None,
        progress: Progress | None = None,
    ) -> Receipt:
        """Import leads in one call. A connection that breaks is no harm: it is sent again.

        Args:
            source: A path, bytes, an open binary file, or rows as mappings; read in a thread.
            content_type: What it is, if its name does not say so: `text/csv`,
                `application/json` or `application/x-ndjson`.
            region: Whose national phone numbers are understood, for example `US`.
            columns: Column by lead field, where names do not say so.
            dry_run: Give the receipt that it would have, and store nothing.
            background: Return as soon as the server has it all, with a receipt that says
                `running`; then see `wait_for_import`.
            idempotency_key: A name of this import; one is made by default. Give your own to be
                safe beyond this process: the same key and source import nothing twice.
            progress: Called with the bytes sent, and in all if that is known.

        Raises:
            ValueError: The content type cannot be told.
            ProblemError: The server refuses the import as a whole.
            TransportError: It cannot be reached.
        """
        return await self._run(
            calls.import_leads(
                upload_of(source, content_type=content_type, progress=progress),
                region=region,
                columns=columns or {},
                dry_run=dry_run,
                background=background,
                key=idempotency_key,
                within=self._import_within,
            )
        )

    async def wait_for_import(
        self,
        import_id: Id,
        *,
        within: float = IMPORT_WITHIN,
        progress: Callable[[Receipt], object] | None = None,
    ) -> Receipt:
        """Wait until an import has ended, however; give its receipt.

        Args:
            import_id: Which.
            within: Seconds to wait.
            progress: Called with each receipt that is got meanwhile.

        Raises:
            TimeoutError: It still runs.
        """
        polls = Polls(within=within)
        while (receipt := await self.receipt(import_id)).running:
            if progress is not None:
                progress(receipt)
            await asyncio.sleep(polls.pause())
        return receipt

    async def receipt(self, import_id: Id) -> Receipt:
        """Read the receipt of an import as it stands."""
        return await self._run(calls.receipt(import_id))

    def imports(self) -> AsyncIterator[Receipt]:
        """Give the receipts of all imports, newest first, without their failures."""
        return self._all(lambda at: calls.imports(cursor=at, limit=PAGE))

    async def cancel_import(self, import_id: Id) -> Receipt:
        """Cancel a running import; what is stored stays, and its receipt counts it."""
        return await self._run(calls.cancel_import(import_id))

    async def import_failures(self, import_id: Id) -> AsyncIterator[Failure]:
        """Give every row that failed, in row order, as they come.

        Raises:
            TransportError: The answer was cut: some are missing.
        """
        async with self._http.open(calls.failures(import_id)) as opened:
            if not opened.good:
                raise problem_of(await opened.answer())
            lines = LineDecoder()
            async for data in opened.chunks():
                for line in lines.feed(data):
                    yield decode(line, Failure)

    # The stream

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

    async def _all(self, page_at: Callable[[str | None], Call[Page[T]]]) -> AsyncIterator[T]:
        cursor = None
        while True:
            page = await self._run(page_at(cursor))
            for item in page.items:
                yield item
            if page.next_cursor is None:
                return
            cursor = page.next_cursor

    async def _run(self, call: Call[T]) -> T:
        attempts = Attempts(call, backoff=self._backoff, patience=self._patience)
        while True:
            try:
                answer = await self._http.send(call.request)
            except TransportError as error:
                wait = attempts.failed(error)
            else:
                later = attempts.answered(answer)
                if later is None:
                    return call.read(answer)
                wait = later
            await asyncio.sleep(wait)
