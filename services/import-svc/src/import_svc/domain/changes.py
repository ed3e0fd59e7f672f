"""Change a lead: what is given is judged as at its creation, what is not stays as it is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from import_svc.domain.faults import FieldFault, judge_fields
from import_svc.domain.leads import Lead
from import_svc.domain.phones import Phone
from import_svc.domain.rows import RowDefect
from import_svc.domain.validation import EXTENSION, encode_attributes
from leadwire.contracts.vocabulary import Origin
from leadwire.emails import email_key


def change_lead(
    lead: Lead, given: Mapping[str, object], *, region: str | None, now: datetime
) -> Lead | list[FieldFault]:
    """Return the changed lead, one `rev` on; the lead itself if nothing changes.

    Args:
        lead: As it is.
        given: New values by field. `attributes` are merged into those that are there, as a
            JSON merge patch (RFC 7396): null removes.
        region: Region of national phone numbers; None if there is no default.
        now: The time of the change.

    Returns:
        Or everything that is wrong, in the order of the fields.
    """
    values, faults = judge_fields(
        given, region=region, cellphone_required=lead.origin is Origin.IMPORT
    )
    encoded = encode_attributes(_attributes(lead, given, values))
    if isinstance(encoded, RowDefect):
        faults.append(FieldFault("attributes", encoded.code, encoded.reason))
    if faults:
        return faults
    if "cellphone" in values:
        phone: Phone | None = values["cellphone"]
        values["cellphone"] = phone and phone[0]
    after = lead._replace(**values)
    if after == lead and _is_same_json(str(encoded), lead.attributes):
        return lead
    return after._replace(
        email_key=email_key(after.email),
        attributes=str(encoded),
        updated_at=max(now, lead.updated_at),
        rev=lead.rev + 1,
    )


def _attributes(
    lead: Lead, given: Mapping[str, object], values: Mapping[str, Any]
) -> dict[str, object]:
    """Merge; a new number brings its extension, and takes the old one's, unless said otherwise."""
    patch = given.get("attributes", {})
    attributes: dict[str, object] = {}
    if patch is not None:
        attributes = _merged(orjson.loads(lead.attributes), patch)
    if "cellphone" in values and not (isinstance(patch, dict) and EXTENSION in patch):
        phone: Phone | None = values["cellphone"]
        e164, extension = phone or (None, None)
        if extension:
            attributes[EXTENSION] = extension
        elif e164 is None or e164 != lead.cellphone:
            attributes.pop(EXTENSION, None)
    return attributes


def _merged(target: object, patch: object) -> Any:
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merged(merged.get(key), value)
    return merged


def _is_same_json(one: str, other: str) -> bool:
    # Not compared as values: to Python, true is 1.
    return _canonical(one) == _canonical(other)


def _canonical(text: str) -> bytes:
    return orjson.dumps(orjson.loads(text), option=orjson.OPT_SORT_KEYS)
