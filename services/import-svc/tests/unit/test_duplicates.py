"""Which rows of a chunk are duplicates, and of what."""

from import_svc.domain.duplicates import KnownKeys, keys_to_look_up, mark_duplicates
from import_svc.domain.reasons import Code
from import_svc.domain.rows import JudgedRow, RawRow
from import_svc.domain.validation import judge_rows

PHONES = ("+14155552671", "+14155552672", "+14155552673")


def rows(*pairs: tuple[str, str]) -> list[JudgedRow]:
    return judge_rows([RawRow("A", "B", email, phone) for email, phone in pairs], region=None)


def test_a_key_that_a_lead_has_is_a_duplicate() -> None:
    judged = rows(("a@x.com", PHONES[0]), ("b@x.com", PHONES[1]), ("c@x.com", PHONES[2]))
    known = KnownKeys(emails={"a@x.com"}, cellphones={PHONES[0], PHONES[1]})
    assert mark_duplicates(judged, known) == [
        (Code.EMAIL_EXISTS, Code.CELLPHONE_EXISTS),
        (Code.CELLPHONE_EXISTS,),
        (),
    ]


def test_a_repeated_row_is_a_duplicate_of_the_imported_one() -> None:
    judged = rows(("a@x.com", PHONES[0]), ("A@X.com", PHONES[1]), ("b@x.com", PHONES[0]))
    assert mark_duplicates(judged, KnownKeys()) == [
        (),
        (Code.EMAIL_EXISTS,),
        (Code.CELLPHONE_EXISTS,),
    ]


def test_a_row_is_no_duplicate_of_one_that_failed() -> None:
    judged = rows(("a@x.com", "nonsense"), ("a@x.com", PHONES[0]), ("wrong", PHONES[1]))
    judged += rows(("c@x.com", PHONES[1]))
    assert mark_duplicates(judged, KnownKeys()) == [
        (Code.CELLPHONE_INVALID,),
        (),
        (Code.EMAIL_INVALID,),
        (),
    ]


def test_a_failed_row_still_reports_what_exists() -> None:
    judged = rows(("a@x.com", PHONES[0]), ("a@x.com", "nonsense"))
    assert mark_duplicates(judged, KnownKeys())[1] == (Code.CELLPHONE_INVALID, Code.EMAIL_EXISTS)


def test_leads_without_cellphone_are_no_duplicates_of_each_other() -> None:
    raw = [RawRow("A", "B", f"{n}@x.com", None) for n in range(2)]
    judged = judge_rows(raw, region=None, cellphone_required=False)
    assert mark_duplicates(judged, KnownKeys()) == [(), ()]


def test_keys_of_failed_rows_are_looked_up_too() -> None:
    emails, cellphones = keys_to_look_up(rows(("A@x.com", "nonsense"), ("wrong", PHONES[0])))
    assert (emails, cellphones) == (["a@x.com"], [PHONES[0]])
