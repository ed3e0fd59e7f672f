"""Say of one lead, field by field, what is wrong with it: as of a form, or of a change."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from import_svc.domain.reasons import SENTENCES, Code
from import_svc.domain.validation import (
    hint_at_cellphone,
    judge_cellphone,
    judge_email,
    judge_name,
)

_JUDGED: Final = ("name", "family_name", "email", "cellphone")
_INTERNATIONAL: Final = "it must be international, beginning with +"
"""What to do about a national number where the request can name no region."""


class FieldFault(NamedTuple):
    """What is wrong with the value of a field."""

    field: str
    code: Code
    reason: str


def judge_fields(
    given: Mapping[str, object], *, region: str | None, cellphone_required: bool
) -> tuple[dict[str, Any], list[FieldFault]]:
    """Judge those fields that are given, by the rules of a row of an import.

    Args:
        given: Values by field, of whatever type.
        region: Region of national phone numbers; None if there is no default.
        cellphone_required: Whether a lead must have one.

    Returns:
        The normal value of each, of a cellphone with its extension, and everything that is wrong,
        in the order of the fields.
    """
    values: dict[str, Any] = {}
    faults: list[FieldFault] = []
    for field in _JUDGED:
        if field in given:
            values[field], code = _judge(field, given[field], region, required=cellphone_required)
            if code is not None:
                faults.append(FieldFault(field, code, _reason(code, given[field], region)))
    return values, faults


def _judge(
    field: str, value: object, region: str | None, *, required: bool
) -> tuple[object, Code | None]:
    match field:
        case "name":
            return judge_name(value, Code.NAME_MISSING)
        case "family_name":
            return judge_name(value, Code.FAMILY_NAME_MISSING)
        case "email":
            return judge_email(value)
        case _:
            return judge_cellphone(value, region, required=required)


def _reason(code: Code, value: object, region: str | None) -> str:
    if code is Code.CELLPHONE_INVALID:
        hint = hint_at_cellphone(value, region, national=_INTERNATIONAL)
        return f"{SENTENCES[code]}; {hint}" if hint else SENTENCES[code]
    return SENTENCES[code]
