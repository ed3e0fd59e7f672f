"""What answers look like."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

import orjson
from pydantic import BaseModel, Field

from import_svc.domain.leads import Lead
from import_svc.domain.progress import Progress
from import_svc.domain.reasons import Code
from import_svc.domain.receipt import ImportStatus, Interruption, Receipt, RowFailure
from leadwire.contracts import Origin


class FailureView(BaseModel):
    """One row that was not imported, with its values as given, or null once they are erased."""

    row: int = Field(description="Number of the data row, from 1.")
    name: str | None
    family_name: str | None
    email: str | None
    cellphone: str | None
    reason: str = Field(description="What is wrong, in words.")
    codes: list[Code] = Field(description="Everything that is wrong, for programs.")

    @classmethod
    def of(cls, failure: RowFailure) -> Self:
        """Show a failure."""
        return cls(
            row=failure.row,
            name=failure.name,
            family_name=failure.family_name,
            email=failure.email,
            cellphone=failure.cellphone,
            reason=failure.reason,
            codes=list(failure.codes),
        )


class ReceivedView(BaseModel):
    """That something was received, without a word about what became of it."""

    status: Literal["received"]


class ImportErrorView(BaseModel):
    """Why an import ended before its input did."""

    code: str = Field(description="Stable name of what happened; the guide of imports has all.")
    detail: str = Field(description="What happened, and what to do.")
    headers_found: list[str] | None = Field(
        default=None,
        description="With `columns_not_recognised`, if there is a header line. A first line with "
        "an email or a phone number is taken for a lead, and not shown.",
    )
    fields_missing: list[str] | None = Field(
        default=None, description="Fields without a column, likewise."
    )

    @classmethod
    def of(cls, interruption: Interruption) -> Self:
        """Show why."""
        extra = {name: list(values) for name, values in interruption.extra.items()}
        return cls.model_validate(
            {"code": interruption.code, "detail": interruption.detail, **extra}
        )


class ProgressView(BaseModel):
    """How far a running import is; only what is stored counts."""

    bytes_done: int = Field(description="Bytes, unpacked, whose rows are stored.")
    bytes_total: int | None = Field(
        description="Bytes of the whole body; null while that is still coming."
    )
    rows_per_second: float | None = Field(
        description="Of the process that runs it now; null as long as that is not known."
    )
    seconds_left: float | None = Field(description="null as long as that is not known.")

    @classmethod
    def of(cls, progress: Progress) -> Self:
        """Show progress."""
        rate, left = progress.rows_per_second, progress.seconds_left
        return cls(
            bytes_done=progress.bytes_done,
            bytes_total=progress.bytes_total,
            rows_per_second=None if rate is None else round(rate, 1),
            seconds_left=None if left is None else round(left, 1),
        )


class ImportView(BaseModel):
    """The account of an import: `received` is `imported` plus `failed`."""

    id: UUID
    status: ImportStatus
    received: int = Field(description="Rows taken in.")
    imported: int = Field(description="Rows that became leads.")
    failed: int = Field(description="Rows that did not.")
    failures_url: str | None = Field(
        description="All failures, as NDJSON or CSV; null after a dry run, which stores nothing, "
        "and once they are forgotten."
    )
    failures_forgotten_at: datetime | None = Field(
        description="Since when its failures are not kept any more; the counts stay."
    )
    error: ImportErrorView | None = Field(description="Only if the status is failed.")
    progress: ProgressView | None = Field(description="Only while it runs.")
    started_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        """Show an import."""
        return cls(**_shown(receipt))


class ReceiptView(ImportView):
    """An import with its first failures."""

    dry_run: bool = Field(description="Whether nothing was stored: it was a dry run.")
    failures: list[FailureView] = Field(description="The first 1,000; see `failures_url`.")

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        """Show a receipt."""
        failures = [FailureView.of(failure) for failure in receipt.failures]
        return cls(**_shown(receipt), failures=failures, dry_run=receipt.dry_run)


class ImportsPage(BaseModel):
    """A page of imports, newest first."""

    items: list[ImportView]
    next_cursor: str | None

    @classmethod
    def of(cls, items: Sequence[Receipt], next_cursor: str | None) -> Self:
        """Show a page."""
        return cls(items=[ImportView.of(each) for each in items], next_cursor=next_cursor)


class Tags(BaseModel):
    """Versions of a lead's sides."""

    contact: str


class ContactView(BaseModel):
    """The contact side of a lead."""

    id: UUID
    name: str
    family_name: str
    email: str
    cellphone: str | None
    origin: Origin
    import_id: UUID | None
    attributes: dict[str, Any]
    has_resume: bool
    created_at: datetime
    updated_at: datetime
    rev: int = Field(description="Of this side.")
    tags: Tags

    @classmethod
    def of(cls, lead: Lead) -> Self:
        """Show a lead."""
        return cls(
            id=lead.id,
            name=lead.name,
            family_name=lead.family_name,
            email=lead.email,
            cellphone=lead.cellphone,
            origin=lead.origin,
            import_id=lead.import_id,
            attributes=orjson.loads(lead.attributes),
            has_resume=lead.has_resume,
            created_at=lead.created_at,
            updated_at=lead.updated_at,
            rev=lead.rev,
            tags=Tags(contact=lead.tag),
        )


class ResumeLinkView(BaseModel):
    """A resume that is elsewhere."""

    url: str = Field(description="As the lead gave it; nobody here has looked at it.")


class LeadView(ContactView):
    """A lead just created."""

    status: Literal["pending"] = "pending"
    manager: None = None


def _keeps_failures(receipt: Receipt) -> bool:
    return not receipt.dry_run and receipt.failures_forgotten_at is None


def _shown(receipt: Receipt) -> dict[str, Any]:
    why, progress = receipt.interruption, receipt.progress
    return {
        "id": receipt.id,
        "status": receipt.status,
        "received": receipt.received,
        "imported": receipt.imported,
        "failed": receipt.failed,
        "failures_url": f"/v1/imports/{receipt.id}/failures" if _keeps_failures(receipt) else None,
        "failures_forgotten_at": receipt.failures_forgotten_at,
        "error": None if why is None else ImportErrorView.of(why),
        "progress": None if progress is None else ProgressView.of(progress),
        "started_at": receipt.started_at,
        "finished_at": receipt.finished_at,
    }
