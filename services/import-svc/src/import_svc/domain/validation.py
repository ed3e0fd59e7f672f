"""Judge a row by itself: the verdict is a pure function of the row and the region.

Whether the email or cellphone exists already is judged later, by `duplicates`, because
it depends on the rows before and on what is stored.
"""

from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Final

import orjson

from import_svc.domain.emails import normalise_email
from import_svc.domain.mentions import LONGEST_MENTION, mentions
from import_svc.domain.names import clean_name, clean_names
from import_svc.domain.phones import Phone, parse_phone
from import_svc.domain.reasons import Code
from import_svc.domain.receipt import MAX_SHOWN_LENGTH, shown
from import_svc.domain.rows import (
    MAX_ATTRIBUTES_BYTES,
    MAX_ATTRIBUTES_DEPTH,
    NO_ATTRIBUTES,
    Contacts,
    GivenValues,
    JudgedRow,
    JudgedRows,
    RawRow,
    RowDefect,
)
from leadwire.emails import email_key

EXTENSION: Final = "cellphone_extension"
"""The attribute that keeps the extension of a cellphone, which E.164 has no place for."""

_NO_CODES: Final[tuple[Code, ...]] = ()
_NAME_A_REGION: Final = (
    "a number that does not begin with + is understood only if the request names its region, "
    "for example region=US"
)
_SEND_TEXT: Final = "send it as text, in quotes"

_NUL_IN_JSON: Final = b"\\u0000"
_TOO_LARGE: Final = RowDefect(
    Code.ROW_TOO_LARGE,
    f"the extra columns are too large: at most {MAX_ATTRIBUTES_BYTES} bytes as JSON",
)
_NOT_TEXT: Final = RowDefect(
    Code.ROW_MALFORMED, "an extra column holds what is no text, or a NUL, and cannot be stored"
)
_TOO_DEEP: Final = RowDefect(
    Code.ROW_MALFORMED,
    f"the extra columns are nested too deeply: at most {MAX_ATTRIBUTES_DEPTH} levels",
)


def judge_rows(rows: Sequence[RawRow], *, region: str | None) -> JudgedRows:
    """Judge the rows of an import, each by itself; all four fields are required.

    Column by column, which is fast and tells only which rows are valid in every respect, as
    nearly all of a large file are. What is wrong with the others `judge_row` tells.

    Args:
        rows: Rows as found.
        region: Region of national phone numbers; None if there is no default.
    """
    if not rows:
        return JudgedRows()
    *given, attributes, defects = map(list, zip(*rows, strict=True))
    contacts = _contacts(given, attributes, region)
    if all(map(all, contacts)) and not any(defects):
        return JudgedRows(contacts, GivenValues.of(given), distinct=_are_distinct(contacts))
    valid = [
        all(values) and defect is None for *values, defect in zip(*contacts, defects, strict=True)
    ]
    contacts = Contacts(*(list(compress(column, valid)) for column in contacts))
    return JudgedRows(
        contacts,
        GivenValues.of([list(compress(column, valid)) for column in given]),
        {n: _judge_failed(row, region) for n, row in enumerate(rows) if not valid[n]},
        distinct=_are_distinct(contacts),
    )


def _are_distinct(contacts: Contacts) -> bool:
    return all(len(set(keys)) == len(keys) for keys in (contacts.email_keys, contacts.cellphones))


def _contacts(
    given: Sequence[list[object]],
    attributes: Sequence[Mapping[str, object] | None],
    region: str | None,
) -> Contacts:
    """Return what is to be stored, empty where a value is not valid."""
    names, family_names, given_emails, cellphones = given
    emails = [
        normalise_email(value.strip()) or "" if isinstance(value, str) else ""
        for value in given_emails
    ]
    phones = [
        parse_phone(value.strip(), region) if isinstance(value, str) else None
        for value in cellphones
    ]
    return Contacts(
        clean_names(names),
        clean_names(family_names),
        emails,
        [email_key(email) for email in emails],
        [phone[0] if phone else "" for phone in phones],
        [
            _valid(_keep(extra, phone)) if extra or (phone and phone[1]) else NO_ATTRIBUTES
            for extra, phone in zip(attributes, phones, strict=True)
        ],
    )


def _judge_failed(row: RawRow, region: str | None) -> JudgedRow:
    judged = judge_row(row, region=region, cellphone_required=True)
    fields = row.name, row.family_name, row.email, row.cellphone
    # Whoever's email begins in what is told of it is found, also if it ends beyond that.
    texts = [shown(value, longest=MAX_SHOWN_LENGTH + LONGEST_MENTION) for value in fields]
    # All that is told of it. JSON may be nested more deeply than can go to another process.
    name, family_name, email, cellphone = map(shown, fields)
    return judged._replace(
        raw=RawRow(name, family_name, email, cellphone),
        mentions=_mentions(texts, judged, region),
    )


def _mentions(
    texts: Sequence[str | None], judged: JudgedRow, region: str | None
) -> tuple[str, ...]:
    """Return the keys in a row that fails, beside those that its fields have."""
    own = {judged.email_key, judged.cellphone}
    found = mentions(filter(None, texts), region=region)
    return tuple(key for key in found if key not in own)


def judge_row(row: RawRow, *, region: str | None, cellphone_required: bool) -> JudgedRow:
    """Judge one row; see `judge_rows`."""
    if row.defect is not None:
        return _defective(row, row.defect)
    phone, cellphone_code = judge_cellphone(row.cellphone, region, required=cellphone_required)
    cellphone = phone and phone[0]
    attributes = _keep(row.attributes, phone)
    name, name_code = judge_name(row.name, Code.NAME_MISSING)
    family_name, family_name_code = judge_name(row.family_name, Code.FAMILY_NAME_MISSING)
    email, email_code = judge_email(row.email)
    codes, reason, hint = _NO_CODES, None, None
    if name_code or family_name_code or email_code or cellphone_code:
        found = (name_code, family_name_code, email_code, cellphone_code)
        # Both names may have the same code; it is said once.
        codes = tuple(dict.fromkeys(code for code in found if code))
        if cellphone_code is Code.CELLPHONE_INVALID:
            hint = hint_at_cellphone(row.cellphone, region, national=_NAME_A_REGION)
    if isinstance(attributes, RowDefect):
        codes, reason, attributes = (attributes.code, *codes), attributes.reason, NO_ATTRIBUTES
    return JudgedRow(
        row,
        name,
        family_name,
        email,
        email_key(email),
        cellphone,
        attributes,
        codes,
        reason,
        hint,
    )


def _valid(text: str | RowDefect) -> str:
    return "" if isinstance(text, RowDefect) else text


def _keep(attributes: Mapping[str, object] | None, phone: Phone | None) -> str | RowDefect:
    """Return what is kept of a row beside its fields: extra columns, and a phone's extension."""
    if phone and phone[1]:
        attributes = {EXTENSION: phone[1], **(attributes or {})}
    return encode_attributes(attributes) if attributes else NO_ATTRIBUTES


def encode_attributes(attributes: Mapping[str, object]) -> str | RowDefect:
    """Return the extra columns as JSON, or why they cannot be stored."""
    try:
        encoded = orjson.dumps(attributes)
    except orjson.JSONEncodeError:
        return _TOO_DEEP if _is_too_deep(attributes) else _NOT_TEXT
    if len(encoded) > MAX_ATTRIBUTES_BYTES:
        return _TOO_LARGE
    if _NUL_IN_JSON in encoded and _holds_nul(encoded):
        return _NOT_TEXT
    # There are as many brackets as levels at least, and they are counted much faster.
    brackets = encoded.count(b"{") + encoded.count(b"[")
    if brackets > MAX_ATTRIBUTES_DEPTH and _is_too_deep(attributes):
        return _TOO_DEEP
    return encoded.decode()


def _is_too_deep(attributes: Mapping[str, object]) -> bool:
    level: list[Mapping[str, object] | list[object]] = [attributes]
    for _ in range(MAX_ATTRIBUTES_DEPTH):
        level = [
            value
            for structure in level
            for value in (structure if isinstance(structure, list) else structure.values())
            if isinstance(value, dict | list)
        ]
    return bool(level)


def _holds_nul(encoded: bytes) -> bool:
    # An escaped backslash before `u0000` is harmless text; without them, what is left is NUL.
    return _NUL_IN_JSON in encoded.replace(b"\\\\", b"")


def _defective(row: RawRow, defect: RowDefect) -> JudgedRow:
    return JudgedRow(row, "", "", "", "", None, NO_ATTRIBUTES, (defect.code,), defect.reason)


def judge_name(value: object, missing: Code) -> tuple[str, Code | None]:
    """Return the cleaned name, empty if it is not valid, and what is wrong with it."""
    if isinstance(value, str):
        name = clean_name(value)
        if name:
            return name, None
        return "", Code.NAME_INVALID if name is None else missing
    return "", missing if value is None else Code.NAME_INVALID


def judge_email(value: object) -> tuple[str, Code | None]:
    """Return the normalised address, empty if it is not valid, and what is wrong with it."""
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return "", Code.EMAIL_MISSING
        email = normalise_email(text)
        return (email, None) if email else ("", Code.EMAIL_INVALID)
    return "", Code.EMAIL_MISSING if value is None else Code.EMAIL_INVALID


def hint_at_cellphone(value: object, region: str | None, *, national: str) -> str | None:
    """Return what may help to mend a number that is not valid; `national` if it lacks a region."""
    if isinstance(value, int | float):
        return _SEND_TEXT
    lacks_region = region is None and isinstance(value, str) and not value.strip().startswith("+")
    return national if lacks_region else None


def judge_cellphone(
    value: object, region: str | None, *, required: bool
) -> tuple[Phone | None, Code | None]:
    """Return the number, None if it is not valid, and what is wrong with it."""
    if isinstance(value, str):
        text = value.strip()
        if text:
            phone = parse_phone(text, region)
            return phone, None if phone else Code.CELLPHONE_INVALID
    elif value is not None:
        return None, Code.CELLPHONE_INVALID
    return None, Code.CELLPHONE_MISSING if required else None
