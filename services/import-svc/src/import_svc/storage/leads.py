"""Leads as rows."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import repeat
from typing import Any
from uuid import UUID

import asyncpg
from uuid_utils import uuid7

from import_svc.domain.duplicates import KnownKeys
from import_svc.domain.idempotency import IdempotencyKey, KeyReusedError, LeadErasedError
from import_svc.domain.leads import Lead, NewLeads, Tombstone
from import_svc.domain.rows import Contacts, all_without
from import_svc.storage.errors import LostRaceError
from leadwire.contracts.vocabulary import Origin
from leadwire.db import Connection, Queries
from leadwire.outbox import OutgoingEvent, event_values, with_event


def new_lead_id() -> UUID:
    """Return a new UUIDv7, greater than those made before in this process.

    It is of asyncpg's own UUID class, which takes a third of the time to make and to encode.
    """
    return asyncpg.pgproto.pgproto.UUID(uuid7().bytes)


class LeadStore:
    """Reads and writes leads, each call within the caller's transaction."""

    def __init__(self) -> None:
        self._queries = Queries("import_svc.storage")

    async def known_keys(
        self, connection: Connection, *, emails: Sequence[str], cellphones: Sequence[str]
    ) -> KnownKeys:
        """Return those of the email keys and cellphones that leads have already."""
        known = KnownKeys()
        if emails or cellphones:
            for record in await connection.fetch(
                self._queries["find_known_keys"], "\n".join(emails), "\n".join(cellphones)
            ):
                _add(record, known)
        return known

    async def imported(
        self, connection: Connection, contacts: Contacts, *, import_id: UUID
    ) -> NewLeads:
        """Return the leads that rows of an import become, for `add_imported`."""
        return NewLeads(
            ids=[new_lead_id() for _ in contacts.names],
            **contacts._asdict(),
            origin=Origin.IMPORT,
            import_id=import_id,
            created_at=await connection.fetchval(self._queries["tell_time"]),
        )

    async def add_imported(self, connection: Connection, leads: NewLeads) -> None:
        """Store leads by COPY, in the given order.

        Args:
            connection: The transaction.
            leads: From `imported`, in the same transaction: the rest of them is the default.

        Raises:
            LostRaceError: One of the keys is taken.
        """
        if not leads.ids:
            return
        columns: dict[str, Iterable[object]] = {
            "id": leads.ids,
            "name": leads.names,
            "family_name": leads.family_names,
            "email": leads.emails,
            "email_key": leads.email_keys,
            "cellphone": leads.cellphones,
            "attributes": leads.attributes,
            "origin": repeat(leads.origin),
            "import_id": repeat(leads.import_id),
        }
        if all_without(leads.attributes):
            # The default, too: to parse each would take Postgres a tenth of its time.
            del columns["attributes"]
        try:
            await connection.copy_records_to_table(
                "leads", records=zip(*columns.values(), strict=False), columns=list(columns)
            )
        except asyncpg.UniqueViolationError as error:
            raise LostRaceError from error

    async def add(self, connection: Connection, lead: Lead, event: OutgoingEvent) -> None:
        """Store one new lead and the event about it, in one statement.

        Raises:
            LostRaceError: Its email or cellphone is taken.
        """
        try:
            await connection.execute(
                with_event(self._queries["insert_lead"]), *lead, *event_values(event)
            )
        except asyncpg.UniqueViolationError as error:
            raise LostRaceError from error

    async def of_key(self, connection: Connection, key: IdempotencyKey) -> Lead | None:
        """Return the lead that was created by an earlier request; None if there is none.

        Raises:
            KeyReusedError: The key was used for another request.
            LeadErasedError: The lead was erased.
        """
        record = await connection.fetchrow(self._queries["find_lead_of_key"], key.key_hash)
        if record is None:
            return None
        *lead, found_hash = record
        if found_hash is None:
            raise LeadErasedError
        if found_hash != key.request_hash:
            raise KeyReusedError
        return _lead(lead)

    async def keep_key(self, connection: Connection, key: IdempotencyKey, *, lead_id: UUID) -> None:
        """Remember by which request a lead was created.

        Raises:
            LostRaceError: Another request with the key was faster.
        """
        try:
            await connection.execute(
                self._queries["keep_lead_key"], key.key_hash, key.request_hash, lead_id
            )
        except asyncpg.UniqueViolationError as error:
            raise LostRaceError from error

    async def strip_keys(
        self, connection: Connection, lead_id: UUID, *, delete_after: datetime
    ) -> None:
        """Keep of the keys of a lead that is about to be erased that they are used."""
        await connection.execute(self._queries["strip_keys_of_lead"], lead_id, delete_after)

    async def delete_keys(self, connection: Connection, *, limit: int) -> int:
        """Delete keys of erased leads whose time is over; return how many there were."""
        return int(await connection.fetchval(self._queries["delete_some_lead_keys"], limit))

    async def lock(self, connection: Connection, lead_id: UUID) -> Lead | None:
        """Return a lead, locked until the end of the transaction; None if there is none."""
        record = await connection.fetchrow(self._queries["find_lead_for_update"], lead_id)
        return None if record is None else _lead(record)

    async def update(self, connection: Connection, lead: Lead) -> None:
        """Store what can change of a lead.

        Raises:
            LostRaceError: Its email or cellphone is taken.
        """
        try:
            await connection.execute(
                self._queries["update_lead"],
                lead.id,
                lead.name,
                lead.family_name,
                lead.email,
                lead.email_key,
                lead.cellphone,
                lead.attributes,
                lead.updated_at,
                lead.rev,
                lead.has_resume,
            )
        except asyncpg.UniqueViolationError as error:
            raise LostRaceError from error

    async def keep_former_keys(self, connection: Connection, before: Lead, after: Lead) -> None:
        """Remember the email and the cellphone that a lead gives up, for its erasure."""
        await connection.execute(
            self._queries["keep_former_keys"],
            before.id,
            *(before.email_key, after.email_key),
            *(before.cellphone, after.cellphone),
        )

    async def all_keys(self, connection: Connection, lead: Lead) -> KnownKeys:
        """Return every email and cellphone that a lead has or had."""
        keys = KnownKeys({lead.email_key}, {lead.cellphone} if lead.cellphone else set())
        for record in await connection.fetch(self._queries["list_former_keys"], lead.id):
            _add(record, keys)
        return keys

    async def bury(
        self, connection: Connection, tombstone: Tombstone, *, erased_at: datetime
    ) -> None:
        """Delete a lead and leave its tombstone."""
        await connection.execute(self._queries["delete_lead"], tombstone.id)
        await connection.execute(self._queries["bury_lead"], tombstone.id, erased_at, tombstone.rev)

    async def is_erased(self, connection: Connection, lead_id: UUID) -> bool:
        """Tell whether there was such a lead, and it was erased."""
        return bool(await connection.fetchval(self._queries["is_lead_erased"], lead_id))

    async def share(
        self, connection: Connection, *, after: UUID, up_to: UUID, limit: int
    ) -> list[Lead]:
        """Return leads in the order of their ids, which nobody changes in the meantime."""
        records = await connection.fetch(self._queries["list_leads_for_share"], after, up_to, limit)
        return [_lead(record) for record in records]

    async def tombstones(
        self, connection: Connection, *, after: UUID, up_to: UUID, limit: int
    ) -> list[Tombstone]:
        """Return tombstones in the order of their ids."""
        records = await connection.fetch(self._queries["list_tombstones"], after, up_to, limit)
        return [Tombstone(*record) for record in records]

    @property
    def lift_revs(self) -> str:
        """The query that `leadwire.resync.lift_revs` runs."""
        return self._queries["lift_lead_revs"]

    async def count(self, connection: Connection) -> int:
        """Count the leads."""
        return int(await connection.fetchval(self._queries["count_leads"]))

    async def last_id(self, connection: Connection) -> UUID | None:
        """Return the greatest id of a lead."""
        last: UUID | None = await connection.fetchval(self._queries["find_last_lead"])
        return last

    async def count_tombstones(self, connection: Connection) -> int:
        """Count the tombstones."""
        return int(await connection.fetchval(self._queries["count_tombstones"]))

    async def last_tombstone_id(self, connection: Connection) -> UUID | None:
        """Return the greatest id of an erased lead."""
        last: UUID | None = await connection.fetchval(self._queries["find_last_tombstone"])
        return last


def _add(record: asyncpg.Record, keys: KnownKeys) -> None:
    (keys.emails if record["kind"] == "email" else keys.cellphones).add(record["key"])


def _lead(record: Iterable[Any]) -> Lead:
    lead = Lead(*record)
    return lead._replace(origin=Origin(lead.origin))
