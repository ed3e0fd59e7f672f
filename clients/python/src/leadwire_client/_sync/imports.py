"""Imports, for a client that blocks."""

import time
from collections.abc import Callable, Iterator, Mapping

from leadwire_client._core.calls import imports as calls
from leadwire_client._core.calls.making import Id
from leadwire_client._core.decoding import decode, problem_of
from leadwire_client._core.lines import LineDecoder
from leadwire_client._core.polling import IMPORT_WITHIN, Polls
from leadwire_client._core.retries import Backoff
from leadwire_client._http.sync import Http
from leadwire_client._sync.caller import Caller
from leadwire_client.models import Failure, Receipt
from leadwire_client.uploads import Progress, Source, upload_of


class ImportOperations(Caller):
    """What can be asked about imports.

    Args:
        import_within: Seconds that the server may take to answer an import when all is sent.
    """

    def __init__(
        self, *, http: Http, backoff: Backoff, patience: float, import_within: float
    ) -> None:
        super().__init__(http=http, backoff=backoff, patience=patience)
        self._import_within = import_within

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
        return self._all(lambda at: calls.imports(at=at))

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
