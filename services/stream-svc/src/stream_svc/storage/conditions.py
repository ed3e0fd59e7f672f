"""Conditions as SQL, for what the database itself filters and sorts.

Only names of columns become text, and those come from tables here and in the domain; what a
client sent is always a parameter.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from stream_svc.domain.filters import AnyOf, Before, Condition, LeadFilter, NotBefore, Present
from stream_svc.domain.listing import Choice, ListKey, Sort

_CONDITIONS: Final = "/* and the conditions */"
_COLUMN: Final = "/* column */"
_DIRECTION: Final = "/* direction */"
_UUID_FACETS: Final = frozenset({"manager_id", "import_id"})
_SORT_COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "created_at": "created_at",
        "updated_at": "updated_at",
        "name": "name_key",
        "email": "email_key",
    }
)
_SEARCHED: Final = ("name_key", "family_name_key", "email_key")

Statement = tuple[str, list[object]]
"""A query's text, and the parameters to be given after the query's own."""


class _Where:
    """Conditions that rows must all meet.

    Args:
        after: How many parameters the query has by itself.
    """

    def __init__(self, *, after: int) -> None:
        self._after = after
        self._clauses: list[str] = []
        self._parameters: list[object] = []

    def must(self, clause: str, *parameters: object) -> None:
        """Add a condition; `{0}` stands in it for the first of its parameters, and so on."""
        first = self._after + len(self._parameters) + 1
        numbers = [f"${first + place}" for place in range(len(parameters))]
        self._clauses.append(f"AND {clause.format(*numbers)} ")
        self._parameters += parameters

    def match(self, leads: LeadFilter) -> None:
        """Add a filter's conditions."""
        for _, condition in leads.conditions:
            self.must(*_clause(condition))

    def choose(self, choice: Choice) -> None:
        """Add the conditions of filter and search."""
        self.match(choice.leads)
        if choice.search is not None:
            any_of = " OR ".join(f"{column} ^@ {{0}}::text" for column in _SEARCHED)
            self.must(f"({any_of})", choice.search)

    def put_into(self, query: str) -> Statement:
        """Put the conditions where the query has its marker."""
        return query.replace(_CONDITIONS, "".join(self._clauses)), self._parameters


def with_filter(query: str, leads: LeadFilter, *, after: int) -> Statement:
    """Put a filter's conditions into a query.

    Args:
        query: Text with the comment `/* and the conditions */` at the end of its `WHERE`.
        leads: The filter.
        after: How many parameters the query has by itself.
    """
    where = _Where(after=after)
    where.match(leads)
    return where.put_into(query)


def with_choice(query: str, choice: Choice, *, after: int) -> Statement:
    """Put the conditions of filter and search into a query; see `with_filter`."""
    where = _Where(after=after)
    where.choose(choice)
    return where.put_into(query)


def with_order(
    query: str, choice: Choice, *, sort: Sort, key: ListKey | None, after: int
) -> Statement:
    """Put a list's order into a query, and where its page begins, besides the conditions.

    Args:
        query: As for `with_filter`; with `/* column */` and `/* direction */`, too.
        choice: Filter and search.
        sort: The order.
        key: Where the last lead of the page before stands; None for the first page.
        after: How many parameters the query has by itself.
    """
    column = _SORT_COLUMNS[sort.by]
    direction, beyond = ("DESC", "<") if sort.descending else ("ASC", ">")
    where = _Where(after=after)
    where.choose(choice)
    if key is not None:
        # Compared as a pair, for which the index is entered at the right place.
        where.must(f"({column}, id) {beyond} ({{0}}, {{1}})", key.value, key.lead_id)
    return where.put_into(query.replace(_COLUMN, column).replace(_DIRECTION, direction))


def _clause(condition: Condition) -> tuple[str, object]:
    column = condition.facet
    match condition:
        case AnyOf(values=values):
            kind = "uuid" if column in _UUID_FACETS else "text"
            return f"{column} = ANY ({{0}}::{kind} [])", list(values)
        case Present(expected=expected):
            return f"({column} IS NOT NULL) = {{0}}::boolean", expected
        case NotBefore(moment=moment):
            return f"{column} >= {{0}}::timestamptz", moment
        case Before(moment=moment):
            return f"{column} < {{0}}::timestamptz", moment
