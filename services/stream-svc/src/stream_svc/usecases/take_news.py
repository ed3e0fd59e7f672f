"""Take what the other services say: the one way in which the projection learns of anything."""

from functools import partial

from leadwire.contracts.redaction import redaction_of_parked
from leadwire.db import Connection
from leadwire.outbox import redact_parked
from stream_svc.domain.news import News
from stream_svc.storage.projection import ProjectionStore
from stream_svc.usecases.change_leads import change_leads


async def take_news(connection: Connection, store: ProjectionStore, news: News) -> None:
    """Take news into one life of the projection, in the caller's transaction.

    Of a lead that is erased the personal data goes from parked events, from the projection
    and from the change log; a tombstone stays. Leads of a manager who is called otherwise show
    his new name at once. Nothing but the commit may follow, as the log's head is locked.
    """
    for lead_id in sorted(news.erased):
        await redact_parked(connection, mentioning=lead_id, redacted=redaction_of_parked(lead_id))
    names = await store.name_managers(connection, news.names)
    held = await store.leads_of_managers(connection, news.managers)
    change = partial(news.change, names=names)
    await change_leads(connection, store, dict.fromkeys(sorted(news.leads | held), change))
