"""The client for programs that block; `AsyncClient` is the same for asyncio."""

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal, Self, TypeVar, Unpack

from leadwire_client._core import calls
from leadwire_client._core.calls import Id
from leadwire_client._core.decoding import decode, problem_of
from leadwire_client._core.lines import LineDecoder
from leadwire_client._core.polling import Polls
from leadwire_client._core.retries import Attempts, Backoff
from leadwire_client._core.session import StreamSession, Wish, patience_of
from leadwire_client._core.wire import Call
from leadwire_client._http.asked import Server
from leadwire_client._http.sync import Http
from leadwire_client.checkpoints import Checkpoint
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
from leadwire_client.stream import LiveLeads, Stream
from leadwire_client.uploads import Progress, Source, upload_of

T = TypeVar("T")

IMPORT_WITHIN: Final = 600.0
"""Seconds that an import may take, if its sender waits for it."""

PAGE: Final = 1000
"""Items that are asked for at once when all are wanted."""


class Client:
    """Talks to one Leadwire server.

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
        self._http = Http(server)
        self._patience = patience
        self._import_within = import_within
        self._backoff = backoff or Backoff()

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Leads

    def lead(self, lead_id: Id, *, at_least: str | None = None) -> Lead:
        """Read a lead.

        Args:
            lead_id: Which.
            at_least: Wait until it has reached this state, as a write's `tags` name it.
        """
        return self._run(calls.lead(lead_id, at_least=at_least))

    def leads(self, **filters: Unpack[Filters]) -> Iterator[Lead]:
        """Give all leads that match, oldest first, page by page as they are asked for."""
        query = as_query(filters)
        return self._all(lambda at: calls.leads(query, cursor=at, limit=PAGE))

    def leads_page(
        self, *, cursor: str | None = None, limit: int = 100, **filters: Unpack[Filters]
    ) -> Page[Lead]:
        """Give one page of the leads that match."""
        return self._run(calls.leads(as_query(filters), cursor=cursor, limit=limit))

    def count_leads(self, **filters: Unpack[Filters]) -> LeadCounts:
        """Count the leads that match."""
        return self._run(calls.count_leads(as_query(filters)))

    def create_lead(
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
        return self._run(calls.create_lead(fields, key=idempotency_key))

    def change_lead(
        self, lead_id: Id, changes: Mapping[str, object], *, if_match: str | None = None
    ) -> LeadContact:
        """Change contact data.

        Args:
            lead_id: Which.
            changes: By field; what is left out stays. None removes.
            if_match: Only if this is its state, as `contact-3`.
        """
        return self._run(calls.change_lead(lead_id, changes, if_match=if_match))

    def erase_lead(self, lead_id: Id, *, if_match: str | None = None) -> None:
        """Erase a lead's personal data everywhere."""
        self._run(calls.erase_lead(lead_id, if_match=if_match))

    def history(self, lead_id: Id) -> Iterator[HistoryEntry]:
        """Give what happened to a lead, oldest first."""
        return self._all(lambda at: calls.history(lead_id, cursor=at, limit=PAGE))

    def mark(self, lead_id: Id, status: str, *, if_match: str | None = None) -> Marked:
        """Mark a lead; a decision frees its manager, who takes the next one at once.

        Args:
            lead_id: Which.
            status: A `LeadStatus`.
            if_match: Only if this is its state, as `work-7`.
        """
        return self._run(calls.mark(lead_id, status, if_match=if_match))

    def assign(
        self,
        lead_id: Id,
        manager_id: Id,
        *,
        reassign: bool = False,
        if_match: str | None = None,
    ) -> LeadWork:
        """Give a lead to a manager; with `reassign` also if another one holds it."""
        return self._run(calls.assign(lead_id, manager_id, reassign=reassign, if_match=if_match))

    def release(self, lead_id: Id, *, if_match: str | None = None) -> LeadWork:
        """Give a lead back: it waits again at its old age."""
        return self._run(calls.release(lead_id, if_match=if_match))

    # Lead managers

    def managers(self, *, q: str | None = None, state: str | None = None) -> Iterator[Manager]:
        """Give lead managers, by a part of the name and by an `Availability`."""
        return self._all(lambda at: calls.managers(q=q, state=state, cursor=at, limit=PAGE))

    def manager(self, manager_id: Id) -> Manager:
        """Read a lead manager, with the leads that he holds."""
        return self._run(calls.manager(manager_id))

    def add_manager(self, name: str, *, email: str | None = None, capacity: int = 1) -> Manager:
        """Add a lead manager, who takes the oldest waiting lead at once."""
        fields = calls.fields(name=name, email=email, capacity=capacity)
        return self._run(calls.add_manager(fields))

    def change_manager(self, manager_id: Id, changes: Mapping[str, object]) -> Manager:
        """Change `name`, `email` or `capacity`; what is left out stays."""
        return self._run(calls.change_manager(manager_id, changes))

    def remove_manager(self, manager_id: Id) -> None:
        """Remove a lead manager; his leads wait again."""
        self._run(calls.remove_manager(manager_id))

    def pause_manager(self, manager_id: Id) -> Manager:
        """Let a manager keep what he holds and get nothing new."""
        return self._run(calls.pause_manager(manager_id))

    def resume_manager(self, manager_id: Id) -> Manager:
        """Let a paused manager get leads again."""
        return self._run(calls.resume_manager(manager_id))

    def next_lead(self, manager_id: Id, *, idempotency_key: str | None = None) -> LeadWork:
        """Take the oldest waiting lead for a manager."""
        return self._run(calls.next_lead(manager_id, key=idempotency_key))

    # Imports

    def import_leads(
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
            source: A path, bytes, an open binary file, or rows as mappings.
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
        return self._run(
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

    def wait_for_import(
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
        while (receipt := self.receipt(import_id)).running:
            if progress is not None:
                progress(receipt)
            time.sleep(polls.pause())
        return receipt

    def receipt(self, import_id: Id) -> Receipt:
        """Read the receipt of an import as it stands."""
        return self._run(calls.receipt(import_id))

    def imports(self) -> Iterator[Receipt]:
        """Give the receipts of all imports, newest first, without their failures."""
        return self._all(lambda at: calls.imports(cursor=at, limit=PAGE))

    def cancel_import(self, import_id: Id) -> Receipt:
        """Cancel a running import; what is stored stays, and its receipt counts it."""
        return self._run(calls.cancel_import(import_id))

    def import_failures(self, import_id: Id) -> Iterator[Failure]:
        """Give every row that failed, in row order, as they come.

        Raises:
            TransportError: The answer was cut: some are missing.
        """
        with self._http.open(calls.failures(import_id)) as opened:
            if not opened.good:
                raise problem_of(opened.answer())
            lines = LineDecoder()
            for data in opened.chunks():
                for line in lines.feed(data):
                    yield decode(line, Failure)

    # The stream

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

    def _all(self, page_at: Callable[[str | None], Call[Page[T]]]) -> Iterator[T]:
        cursor = None
        while True:
            page = self._run(page_at(cursor))
            yield from page.items
            if page.next_cursor is None:
                return
            cursor = page.next_cursor

    def _run(self, call: Call[T]) -> T:
        attempts = Attempts(call, backoff=self._backoff, patience=self._patience)
        while True:
            try:
                answer = self._http.send(call.request)
            except TransportError as error:
                wait = attempts.failed(error)
            else:
                later = attempts.answered(answer)
                if later is None:
                    return call.read(answer)
                wait = later
            time.sleep(wait)
