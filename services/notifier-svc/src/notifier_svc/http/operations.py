"""Every route of notifier-svc, with its handler and what its documentation says."""

from aiohttp import web

from leadwire.http import Operation, Response, json_response
from notifier_svc.domain.journal import JournalSelection
from notifier_svc.http.context import Context
from notifier_svc.http.cursors import read_id_cursor, read_place_cursor
from notifier_svc.http.requests import DeliveryQuery, JournalQuery
from notifier_svc.http.views import DeliveriesPage, JournalPage
from notifier_svc.usecases.read_deliveries import read_deliveries
from notifier_svc.usecases.read_journal import read_journal


class NotifierHandlers:
    """Handlers of the journal and of the delivery log."""

    def __init__(self, *, context: Context) -> None:
        self._database = context.database

    async def list_journal(
        self, _request: web.Request, *, query: JournalQuery
    ) -> web.StreamResponse:
        """List events of the journal."""
        selection = JournalSelection(types=tuple(query.type), since=query.since, until=query.until)
        entries, has_more = await read_journal(
            self._database, selection, after=read_place_cursor(query.cursor), limit=query.limit
        )
        return json_response(JournalPage.of(entries, has_more=has_more))

    async def list_deliveries(
        self, _request: web.Request, *, query: DeliveryQuery
    ) -> web.StreamResponse:
        """List deliveries."""
        records, has_more = await read_deliveries(
            self._database,
            status=query.status,
            before=read_id_cursor(query.cursor),
            limit=query.limit,
        )
        return json_response(DeliveriesPage.of(records, has_more=has_more))


def operations(context: Context) -> list[Operation]:
    """Return the operations, bound to this service's context."""
    handlers = NotifierHandlers(context=context)
    return [
        Operation(
            "GET",
            "/v1/journal",
            handlers.list_journal,
            summary="List events",
            tag="journal",
            description=(
                "Every event of the last days, as received and in the order in which they were "
                "taken in, also of types that Leadwire does not know. A page ends early when "
                "its events are large; go on with `next_cursor` until it is null."
            ),
            responses={200: Response(JournalPage, "A page of events.")},
        ),
        Operation(
            "GET",
            "/v1/deliveries",
            handlers.list_deliveries,
            summary="List deliveries",
            tag="deliveries",
            description="Emails to prospects and to the team, and how each fares; newest first.",
            responses={200: Response(DeliveriesPage, "A page of deliveries.")},
        ),
    ]
