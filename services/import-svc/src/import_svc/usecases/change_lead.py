"""Change a lead's contact data."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from import_svc.domain.changes import change_lead
from import_svc.domain.duplicates import LeadExistsError
from import_svc.domain.faults import FieldFault
from import_svc.domain.leads import Lead
from import_svc.domain.reasons import Code
from import_svc.storage.errors import LostRaceError
from import_svc.storage.leads import LeadStore
from import_svc.usecases.announcers import ChangeAnnouncer
from import_svc.usecases.patience import again_if_rolled_back
from import_svc.usecases.stored_lead import (
    LeadNotFoundError,
    require_version,
)
from leadwire.db import Connection, Database


class ChangesInvalidError(Exception):
    """New values are missing or not valid.

    Attributes:
        faults: What is wrong with each field.
    """

    def __init__(self, faults: Sequence[FieldFault]) -> None:
        super().__init__(", ".join(f"{fault.field}: {fault.code}" for fault in faults))
        self.faults = faults


class ChangeLead:
    """Changes single leads.

    Args:
        database: The service's database.
        leads: Where leads are stored.
        announcer: Announces the change.
        default_region: Region of national phone numbers; None if there is none.
    """

    def __init__(
        self,
        *,
        database: Database,
        leads: LeadStore,
        announcer: ChangeAnnouncer,
        default_region: str | None,
    ) -> None:
        self._database = database
        self._leads = leads
        self._announcer = announcer
        self._default_region = default_region

    async def __call__(
        self, lead_id: UUID, given: Mapping[str, object], *, versions: frozenset[str] | None
    ) -> Lead:
        """Change a lead, and return it as it is now.

        What changes nothing is no error, whatever `versions` says: it is what a client sees
        that repeats a request whose answer was lost.

        Args:
            lead_id: The lead.
            given: New values by field; see `domain.changes`.
            versions: Tags of which one must be the lead's; None if any will do.

        Raises:
            LeadNotFoundError: There is no such lead.
            ChangesInvalidError: Values are missing or not valid.
            StaleLeadError: The lead is not at one of these versions.
            LeadExistsError: Another lead has the email or the cellphone.
            LostRaceError: Whoever had it was gone at each look, and there again at each try.
        """
        return await again_if_rolled_back(lambda: self._change(lead_id, given, versions))

    async def _change(
        self, lead_id: UUID, given: Mapping[str, object], versions: frozenset[str] | None
    ) -> Lead:
        async with self._database.transaction() as connection:
            before = await self._leads.lock(connection, lead_id)
            if before is None:
                raise LeadNotFoundError(lead_id)
            after = change_lead(before, given, region=self._default_region, now=datetime.now(UTC))
            if isinstance(after, list):
                raise ChangesInvalidError(after)
            if after is not before:
                require_version(before, versions)
                await self._store(connection, before, after)
                await self._announcer.updated(connection, [after])
        return after

    async def _store(self, connection: Connection, before: Lead, after: Lead) -> None:
        try:
            async with connection.transaction():  # a savepoint: what was lost can be looked up
                await self._leads.update(connection, after)
        except LostRaceError:
            if taken := await self._taken_keys(connection, before, after):
                raise LeadExistsError(taken) from None
            raise
        if (before.email_key, before.cellphone) != (after.email_key, after.cellphone):
            await self._leads.keep_former_keys(connection, before, after)

    async def _taken_keys(self, connection: Connection, before: Lead, after: Lead) -> list[Code]:
        emails = [after.email_key] if after.email_key != before.email_key else []
        changed = after.cellphone is not None and after.cellphone != before.cellphone
        cellphones = [str(after.cellphone)] if changed else []
        known = await self._leads.known_keys(connection, emails=emails, cellphones=cellphones)
        taken = [Code.EMAIL_EXISTS] if known.emails else []
        return [*taken, Code.CELLPHONE_EXISTS] if known.cellphones else taken
