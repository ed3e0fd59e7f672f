"""What makes a request the same as an earlier one with the same key."""

import hashlib
from dataclasses import dataclass
from typing import Final, Self
from uuid import UUID

import orjson


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKey:
    """A client's name for one request, however often it is sent.

    Attributes:
        key_hash: What the key is known by. Not the key: clients make keys of people's emails, and
            they are kept for longer than people may be.
        request_hash: What, beside the body, decides over the outcome; see `request_hash`.
    """

    key_hash: bytes
    request_hash: bytes

    @classmethod
    def named(cls, text: str, *, request_hash: bytes) -> Self:
        """Take a key as the client gave it."""
        return cls(key_hash=hashlib.sha256(text.encode()).digest(), request_hash=request_hash)


class ImportRunningError(Exception):
    """An import with this key is running.

    Attributes:
        extra: `import_id`, if it is known already.
    """

    code: Final = "import_running"

    def __init__(self, import_id: UUID | None = None) -> None:
        super().__init__(
            "An import with this Idempotency-Key is running. Send the request again later: it "
            "then gets the receipt, or goes on where the import was interrupted."
        )
        self.extra = {} if import_id is None else {"import_id": str(import_id)}


class KeyReusedError(Exception):
    """The key was used for another request: another body, content type or query."""

    code: Final = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was used for another request: its body, content type or query "
            "was another one. Nothing was stored. Use a new key for a new request."
        )


class LeadErasedError(Exception):
    """An earlier request with this key created a lead, which was erased since."""

    code: Final = "lead_erased"

    def __init__(self) -> None:
        super().__init__(
            "The lead that an earlier request with this Idempotency-Key created has been erased. "
            "Nothing was stored. If the person wants to be a lead again, use a new key."
        )


def request_hash(*parts: object) -> bytes:
    """Return what two requests must share, beside key and body, to be the same.

    Args:
        parts: Whatever decides over the outcome, as JSON knows it.
    """
    return hashlib.sha256(orjson.dumps(parts)).digest()
