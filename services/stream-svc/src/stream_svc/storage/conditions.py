"""Conditions of a filter as SQL, for the pages that the database filters itself."""

from typing import Final

from stream_svc.domain.filters import AnyOf, Before, Condition, LeadFilter, NotBefore, Present

_MARKER: Final = "/* and the filter */"
_UUID_FACETS: Final = frozenset({"manager_id", "import_id"})


def with_filter(query: str, leads: LeadFilter, *, after: int) -> tuple[str, list[object]]:
    """Put a filter's conditions where the query has its marker.

    Only the names of facets become text, and those come from the table of filters; what
    a client sent is always a parameter.

    Args:
        query: Text with the comment `/* and the filter */` at the end of its `WHERE`.
        leads: The filter.
        after: How many parameters the query has by itself.

    Returns:
        The text, and the filter's parameters to be given after the query's own.
    """
    clauses, parameters = "", []
    for number, (_, condition) in enumerate(leads.conditions, start=after + 1):
        clause, parameter = _clause(condition, f"${number}")
        clauses += f"AND {clause} "
        parameters.append(parameter)
    return query.replace(_MARKER, clauses), parameters


def _clause(condition: Condition, parameter: str) -> tuple[str, object]:
    column = condition.facet
    match condition:
        case AnyOf(values=values):
            kind = "uuid" if column in _UUID_FACETS else "text"
            return f"{column} = ANY ({parameter}::{kind} [])", list(values)
        case Present(expected=expected):
            return f"({column} IS NOT NULL) = {parameter}::boolean", expected
        case NotBefore(moment=moment):
            return f"{column} >= {parameter}::timestamptz", moment
        case Before(moment=moment):
            return f"{column} < {parameter}::timestamptz", moment
