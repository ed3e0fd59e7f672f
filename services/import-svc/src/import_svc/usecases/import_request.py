"""What an import is asked for with, and what comes of that: at once, in the background, dry."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from import_svc.decoding import InputFormat
from import_svc.domain.bodies import StoredBody
from import_svc.domain.idempotency import IdempotencyKey
from import_svc.domain.receipt import Receipt
from import_svc.storage.imports import NewImport


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """What an import is asked for with, beside its input.

    Attributes:
        input_format: How it is to be read.
        region: Region of national phone numbers; None if there is no default.
        key: The client's name for the request; None if it is not to be repeated.
    """

    input_format: InputFormat
    region: str | None
    key: IdempotencyKey | None = None

    def new_import(self, import_id: UUID, *, body: StoredBody | None = None) -> NewImport:
        """Return the import that it begins now.

        Args:
            import_id: The import's id.
            body: Where its body is stored; None if that comes over HTTP.
        """
        return NewImport(
            id=import_id,
            media_type=self.input_format.media_type,
            encoding=self.input_format.encoding,
            mapped=self.input_format.mapped,
            region=self.region,
            started_at=datetime.now(UTC),
            key=self.key,
            body=body,
        )


class InputCutOffError(Exception):
    """The bytes of an import stopped coming before their end.

    Attributes:
        code: Stable name of what happened.
        detail: What happened.
    """

    def __init__(self, *, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a request.

    Attributes:
        receipt: The receipt, with its first failures.
        replayed: Whether an earlier request with the same key did all of it.
    """

    receipt: Receipt
    replayed: bool = False
