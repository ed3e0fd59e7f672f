"""Create one lead, from the public form."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime

from import_svc.domain.duplicates import LeadExistsError, mark_duplicates
from import_svc.domain.faults import FieldFault, judge_fields
from import_svc.domain.idempotency import IdempotencyKey
from import_svc.domain.leads import Lead, NewLeads
from import_svc.domain.reasons import Code
from import_svc.domain.resumes import KeptResume, Resume
from import_svc.domain.rows import JudgedRow, RawRow
from import_svc.domain.validation import judge_row
from import_svc.metrics import ImportMetrics
from import_svc.storage.errors import LostRaceError
from import_svc.storage.leads import LeadStore, new_lead_id
from import_svc.storage.resumes import ResumeStore
from import_svc.usecases.announcers import Announcer
from import_svc.usecases.keep_resume import KeepResume
from import_svc.usecases.patience import again_if_rolled_back
from leadwire.contracts.vocabulary import Origin
from leadwire.db import Database


class LeadInvalidError(Exception):
    """The lead's data is missing something or is not valid.

    Attributes:
        faults: What is wrong with each field.
        resume_missing: Whether a resume is asked for, and there is none.
    """

    def __init__(self, faults: Sequence[FieldFault], *, resume_missing: bool) -> None:
        super().__init__(", ".join(f"{fault.field}: {fault.code}" for fault in faults))
        self.faults = faults
        self.resume_missing = resume_missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """What became of a request.

    Attributes:
        lead: The lead.
        replayed: Whether an earlier request with the same key created it.
    """

    lead: Lead
    replayed: bool = False


class CreateLead:
    """Creates single leads.

    Args:
        database: The service's database.
        leads: Where leads are stored.
        resumes: Where resumes are noted.
        keep_resume: Stores the files of resumes.
        announcer: Announces the new lead.
        default_region: Region of national phone numbers; None if there is none.
        metrics: Counts the leads.
        resume_required: Whether a lead must have a resume.
    """

    def __init__(
        self,
        *,
        database: Database,
        leads: LeadStore,
        resumes: ResumeStore,
        keep_resume: KeepResume,
        announcer: Announcer,
        default_region: str | None,
        metrics: ImportMetrics,
        resume_required: bool = False,
    ) -> None:
        self._database = database
        self._leads = leads
        self._resumes = resumes
        self._keep_resume = keep_resume
        self._resume_required = resume_required
        self._announcer = announcer
        self._default_region = default_region
        self._metrics = metrics

    async def __call__(
        self,
        *,
        name: object,
        family_name: object,
        email: object,
        cellphone: object,
        origin: Origin,
        resume: Resume | None = None,
        key: IdempotencyKey | None = None,
    ) -> Created:
        """Create a lead; the cellphone is optional, the rest is not.

        Args:
            name: The given name, as it was sent.
            family_name: The family name.
            email: The address.
            cellphone: The number, or None.
            origin: How the lead came.
            resume: The resume, or None.
            key: The client's name for the request: the same request creates one lead.

        Raises:
            LeadInvalidError: Something is missing or not valid.
            LeadExistsError: The email or the cellphone is taken.
            KeyReusedError: The key was used for another request.
            LeadErasedError: The lead that the same request created has been erased.
            ResumeTooLateError: It took too long to store the resume.
            LostRaceError: Whoever had it was gone at each look, and there again at each try.
            FileStoreError: The resume cannot be stored, nor is the lead.
        """
        judged = self.judge(name, family_name, email, cellphone, resume=resume)
        if (earlier := await self._of_key(key)) is not None:
            return Created(lead=earlier, replayed=True)
        async with nullcontext() if resume is None else self._keep_resume(resume) as kept:
            lead = _lead(judged, origin, has_resume=kept is not None)
            created = await again_if_rolled_back(lambda: self._create(lead, judged, key, kept))
        if not created.replayed:
            self._metrics.created(origin)
        return created

    def judge(
        self,
        name: object,
        family_name: object,
        email: object,
        cellphone: object,
        *,
        resume: Resume | None,
    ) -> JudgedRow:
        """Judge the values of a lead, whatever was sent in their place.

        Raises:
            LeadInvalidError: Something is missing or not valid.
        """
        raw = RawRow(name, family_name, email, cellphone)
        judged = judge_row(raw, region=self._default_region, cellphone_required=False)
        resume_missing = self._resume_required and resume is None
        if judged.codes or resume_missing:
            _, faults = judge_fields(
                raw._asdict(), region=self._default_region, cellphone_required=False
            )
            raise LeadInvalidError(faults, resume_missing=resume_missing)
        return judged

    async def _create(
        self, lead: Lead, judged: JudgedRow, key: IdempotencyKey | None, kept: KeptResume | None
    ) -> Created:
        try:
            await self._store(lead, key, kept)
        except LostRaceError:
            # If nobody has what was taken, they are gone again, or have not committed: then it
            # is worth another try.
            taken = await self._taken_keys(judged)
            # Before anything is said to be taken: it may be by the same request.
            if (earlier := await self._of_key(key)) is not None:
                return Created(lead=earlier, replayed=True)
            if taken:
                raise LeadExistsError(taken) from None
            raise
        return Created(lead=lead)

    async def _of_key(self, key: IdempotencyKey | None) -> Lead | None:
        if key is None:
            return None
        async with self._database.connection() as connection:
            return await self._leads.of_key(connection, key)

    async def _store(self, lead: Lead, key: IdempotencyKey | None, kept: KeptResume | None) -> None:
        # Lead and event are one statement, which needs no transaction unless more goes with them.
        alone = kept is None and key is None
        database = self._database
        async with database.connection() if alone else database.transaction() as connection:
            [event] = self._announcer.events(NewLeads.of(lead))
            await self._leads.add(connection, lead, event)
            if kept is not None:
                await self._resumes.put(connection, lead.id, kept)
            if key is not None:
                await self._leads.keep_key(connection, key, lead_id=lead.id)

    async def _taken_keys(self, judged: JudgedRow) -> Sequence[Code]:
        cellphones = [judged.cellphone] if judged.cellphone else []
        async with self._database.connection() as connection:
            known = await self._leads.known_keys(
                connection, emails=[judged.email_key], cellphones=cellphones
            )
        return mark_duplicates([judged], known)[0]


def _lead(judged: JudgedRow, origin: Origin, *, has_resume: bool) -> Lead:
    now = datetime.now(UTC)
    return Lead(
        id=new_lead_id(),
        name=judged.name,
        family_name=judged.family_name,
        email=judged.email,
        email_key=judged.email_key,
        cellphone=judged.cellphone,
        attributes=judged.attributes,
        origin=origin,
        import_id=None,
        created_at=now,
        updated_at=now,
        rev=1,
        has_resume=has_resume,
    )
