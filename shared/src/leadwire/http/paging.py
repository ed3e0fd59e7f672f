"""Which page of a listing a client asks for: the same two parameters everywhere."""

from typing import Final

import orjson
from pydantic import BaseModel, Field

LONGEST_CURSOR: Final = 1_000
"""Room for a key with a text in it. Longer text is no cursor, and is not even looked at."""

_PLACE: Final = {"limit", "cursor"}


class PageQuery(BaseModel):
    """The page; a listing with filters adds them in a model that inherits from this one."""

    limit: int = Field(default=100, ge=1, le=1_000, description="Most items of the page.")
    cursor: str | None = Field(
        default=None,
        description="`next_cursor` of the page before, with the same filters.",
        json_schema_extra={"maxLength": LONGEST_CURSOR},
    )

    def filters(self) -> bytes:
        """Give bytes that are equal for queries that choose the same items."""
        chosen = self.model_dump(mode="json", exclude=_PLACE, exclude_none=True)
        for name, value in chosen.items():
            if isinstance(value, list):  # any of these, in whichever order
                chosen[name] = sorted(set(value))
        return orjson.dumps(chosen, option=orjson.OPT_SORT_KEYS)
