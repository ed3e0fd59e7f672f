"""Opaque cursors of keyset pages.

A cursor is the key of the last item that the client has seen, and a digest of that key, the
listing and its filters: one that was cut or mistyped, or that is used with other filters, is
refused instead of leaving items out. The digest is no protection against forgery, and none
is needed: a cursor grants nothing that its listing does not.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from leadwire.http.paging import LONGEST_CURSOR, PageQuery
from leadwire.http.problems import Problem

_DIGEST_BYTES: Final = 8

Position = Annotated[int, Field(ge=0, lt=2**63)]
"""A number in a key, within what Postgres takes for a bigint."""

Key = TypeVar("Key")
Item = TypeVar("Item")


class Keyset(Generic[Key]):
    """The cursors of one listing.

    Args:
        listing: Its name: no cursor of another listing is taken.
        key: Type of the key by which it is ordered; anything that pydantic can read.
    """

    def __init__(self, listing: str, *, key: Any) -> None:
        self._listing = listing.encode()
        self._key: TypeAdapter[Key] = TypeAdapter(key)

    def cursor(self, last: Key, query: PageQuery, *, within: str = "") -> str:
        """Make the cursor that goes on after a key.

        Args:
            last: The last key of the page.
            query: What the page was asked for with.
            within: What else the listing is of, such as the id in its path.
        """
        content = self._key.dump_json(last)
        sealed = self._digest(content, query, within) + content
        return urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def cut(
        self,
        found: Sequence[Item],
        query: PageQuery,
        *,
        key: Callable[[Item], Key],
        within: str = "",
    ) -> tuple[Sequence[Item], str | None]:
        """Cut what was found down to the page, and make the cursor of the next one.

        Args:
            found: The page, and one item more if another page follows.
            query: What it was asked for with.
            key: Gives an item's key.
            within: See `cursor`.
        """
        items = found[: query.limit]
        if len(found) == len(items):
            return items, None
        return items, self.cursor(key(items[-1]), query, within=within)

    def after(self, query: PageQuery, *, within: str = "") -> Key | None:
        """Read the key that a page begins after; None for the first page.

        Raises:
            Problem: 400 `invalid_cursor`: it is not of this listing with these filters.
        """
        if query.cursor is None:
            return None
        sealed = _decoded(query.cursor)
        digest, content = sealed[:_DIGEST_BYTES], sealed[_DIGEST_BYTES:]
        if digest != self._digest(content, query, within):
            raise invalid_cursor()
        try:
            return self._key.validate_json(content)
        except ValidationError:
            raise invalid_cursor() from None

    def _digest(self, content: bytes, query: PageQuery, within: str) -> bytes:
        meaning = b"\0".join([self._listing, within.encode(), query.filters(), content])
        return blake2b(meaning, digest_size=_DIGEST_BYTES).digest()


def invalid_cursor() -> Problem:
    """The problem that a cursor is that cannot be gone on from."""
    return Problem(
        status=400,
        code="invalid_cursor",
        detail="Not a cursor of this listing with these filters: use next_cursor as it was given, "
        "or start over without a cursor.",
    )


def _decoded(cursor: str) -> bytes:
    if len(cursor) > LONGEST_CURSOR:
        raise invalid_cursor()
    try:
        return urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (UnicodeEncodeError, binascii.Error):
        raise invalid_cursor() from None
