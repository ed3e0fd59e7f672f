"""Requests about the journal."""

from typing import Final

from aiohttp import web

from leadwire.http import Keyset, Position, json_response
from notifier_svc.domain.journal import JournalPlace, JournalSelection
from notifier_svc.http.context import Context
from notifier_svc.http.requests import JournalCountQuery, JournalQuery
from notifier_svc.http.views import JournalCountsView, JournalPage
from notifier_svc.usecases.read_journal import count_journal, read_journal

BY_PLACE: Final = Keyset[tuple[int, int]]("journal", key=tuple[Position, Position])


class JournalHandlers:
    """Handlers under `/v1/journal`."""

    def __init__(self, *, context: Context) -> None:
        self._database = context.database

    async def list(self, _request: web.Request, *, query: JournalQuery) -> web.StreamResponse:
        """List events of the journal."""
        selection = JournalSelection(types=tuple(query.type), since=query.since, until=query.until)
        after = BY_PLACE.after(query)
        entries, more = await read_journal(
            self._database,
            selection,
            after=None if after is None else JournalPlace(*after),
            limit=query.limit,
        )
        next_cursor = None
        if more:
            last = entries[-1].place
            next_cursor = BY_PLACE.cursor((last.turn, last.position), query)
        return json_response(JournalPage.of(entries, next_cursor))

    async def count(self, _request: web.Request, *, query: JournalCountQuery) -> web.StreamResponse:
        """Count events of the last minutes."""
        counts = await count_journal(self._database, query.type, minutes=query.minutes)
        return json_response(JournalCountsView.of(counts))
