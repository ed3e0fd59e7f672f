"""Which fields of a lead a reader wants: the others are left out of what is stored ready."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import orjson

from stream_svc.domain.frames import PUT_BEGINS

FIELDS: Final = (
    "id", "name", "family_name", "email", "cellphone", "status", "manager", "origin", "import_id",
    "attributes", "has_resume", "created_at", "updated_at", "rev", "tags",
)  # fmt: skip
"""Of a lead as read."""

_ALWAYS: Final = "id"


@dataclass(frozen=True, slots=True)
class Fields:
    """A choice of fields.

    Attributes:
        names: The chosen ones in the order of `FIELDS`, the id among them; None for all.
    """

    names: tuple[str, ...] | None = None

    @property
    def fingerprint(self) -> bytes:
        """Bytes that are equal for equal choices."""
        return b"" if self.names is None else ",".join(self.names).encode()

    def of_document(self, document: str) -> bytes:
        """Give a lead's JSON with the chosen fields only."""
        if self.names is None:
            return document.encode()
        return orjson.dumps(self._chosen(orjson.loads(document)))

    def of_frames(self, lines: bytes) -> bytes:
        """Give frames, each with its newline, with the chosen fields of their leads only."""
        if self.names is None:
            return lines
        return b"".join(self._of_frame(line) for line in lines.split(b"\n")[:-1])

    def _of_frame(self, line: bytes) -> bytes:
        if not line.startswith(PUT_BEGINS):
            return line + b"\n"
        frame = orjson.loads(line)
        frame["lead"] = self._chosen(frame["lead"])
        return orjson.dumps(frame, option=orjson.OPT_APPEND_NEWLINE)

    def _chosen(self, lead: dict[str, object]) -> dict[str, object]:
        return {name: lead[name] for name in self.names or FIELDS}


ALL_FIELDS: Final = Fields()


def parse_fields(text: str) -> Fields:
    """Read names of fields, with commas between them.

    Raises:
        ValueError: One of them is no field of a lead; the message never repeats it.
    """
    given = {part.strip() for part in text.split(",")}
    if not given <= set(FIELDS):
        raise ValueError(f"must be of {', '.join(FIELDS)}, with commas between them")
    return Fields(_in_order(given))


def _in_order(given: Iterable[str]) -> tuple[str, ...]:
    wanted = {*given, _ALWAYS}
    return tuple(name for name in FIELDS if name in wanted)
