"""Which rows of a chunk are duplicates, and of what."""

import pickle
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from import_svc.domain.duplicates import KnownKeys, keys_to_look_up, mark_duplicates, sift
from import_svc.domain.reasons import Code
from import_svc.domain.rows import JudgedRows, RawRow
from import_svc.domain.validation import judge_row, judge_rows

PHONES = ("+14155552671", "+14155552672", "+14155552673")
EMAILS = ("a@x.com", "A@X.com", "b@x.com", "c@x.com")

some_rows = st.lists(
    st.tuples(st.sampled_from([*EMAILS, "wrong"]), st.sampled_from([*PHONES, "nonsense"]))
)


def rows(*pairs: tuple[str, str]) -> JudgedRows:
    return judge_rows([RawRow("A", "B", email, phone) for email, phone in pairs], region=None)


def codes(judged: JudgedRows, known: KnownKeys) -> list[tuple[Code, ...]]:
    """Return the codes of each row, after `sift`."""
    sifted = sift(judged, known)
    found: list[tuple[Code, ...]] = [()] * len(judged)
    for position, _, row_codes in sifted.failed:
        found[position] = row_codes
    assert len(sifted.contacts.names) == found.count(())
    return found


def test_a_key_that_a_lead_has_is_a_duplicate() -> None:
    judged = rows(("a@x.com", PHONES[0]), ("b@x.com", PHONES[1]), ("c@x.com", PHONES[2]))
    known = KnownKeys(emails={"a@x.com"}, cellphones={PHONES[0], PHONES[1]})
    assert codes(judged, known) == [
        (Code.EMAIL_EXISTS, Code.CELLPHONE_EXISTS),
        (Code.CELLPHONE_EXISTS,),
        (),
    ]


def test_a_repeated_row_is_a_duplicate_of_the_imported_one() -> None:
    judged = rows(("a@x.com", PHONES[0]), ("A@X.com", PHONES[1]), ("b@x.com", PHONES[0]))
    assert codes(judged, KnownKeys()) == [(), (Code.EMAIL_EXISTS,), (Code.CELLPHONE_EXISTS,)]


def test_a_row_is_no_duplicate_of_one_that_failed() -> None:
    judged = rows(
        ("a@x.com", "nonsense"),
        ("a@x.com", PHONES[0]),
        ("wrong", PHONES[1]),
        ("c@x.com", PHONES[1]),
    )
    assert codes(judged, KnownKeys()) == [
        (Code.CELLPHONE_INVALID,),
        (),
        (Code.EMAIL_INVALID,),
        (),
    ]


def test_a_failed_row_still_reports_what_exists() -> None:
    judged = rows(("a@x.com", PHONES[0]), ("a@x.com", "nonsense"))
    assert codes(judged, KnownKeys())[1] == (Code.CELLPHONE_INVALID, Code.EMAIL_EXISTS)


def test_leads_without_cellphone_are_no_duplicates_of_each_other() -> None:
    raw = [RawRow("A", "B", f"{n}@x.com", None) for n in range(2)]
    judged = [judge_row(row, region=None, cellphone_required=False) for row in raw]
    assert mark_duplicates(judged, KnownKeys()) == [(), ()]


def test_keys_of_failed_rows_are_looked_up_too() -> None:
    emails, cellphones = keys_to_look_up(rows(("A@x.com", "nonsense"), ("wrong", PHONES[0])))
    assert (emails, cellphones) == (["a@x.com"], [PHONES[0]])


@given(pairs=some_rows, emails=st.sets(st.sampled_from(["a@x.com", "c@x.com"])))
def test_a_glance_at_a_chunk_gives_the_verdicts_of_its_rows(
    pairs: Sequence[tuple[str, str]], emails: set[str]
) -> None:
    judged = rows(*pairs)
    by_rows = mark_duplicates(judged, KnownKeys(set(emails)))
    assert codes(judged, KnownKeys(set(emails))) == by_rows


def test_a_duplicate_is_shown_as_it_was_given() -> None:
    raw = [RawRow(" A", "B ", " a@x.com", "+1 415-555-2671")] * 2
    ((_, row, _),) = sift(judge_rows(raw, region=None), KnownKeys()).failed
    assert row.raw == raw[0]
    assert (row.name, row.email) == ("A", "a@x.com")


@given(pairs=some_rows, emails=st.sets(st.sampled_from(["a@x.com", "c@x.com"])))
def test_rows_that_were_judged_in_another_process_are_sifted_the_same(
    pairs: Sequence[tuple[str, str]], emails: set[str]
) -> None:
    judged = rows(*pairs)
    came = pickle.loads(pickle.dumps(judged))  # noqa: S301
    assert list(came) == list(judged)
    assert sift(came, KnownKeys(set(emails))) == sift(judged, KnownKeys(set(emails)))


@pytest.mark.parametrize("extra", [None, {"Company": "Nautilus"}])
def test_attributes_come_from_another_process(extra: dict[str, str] | None) -> None:
    raw = [RawRow("A", "B", f"{n}@x.com", phone, extra) for n, phone in enumerate(PHONES)]
    contacts = judge_rows(raw, region=None).contacts
    assert pickle.loads(pickle.dumps(contacts)) == contacts  # noqa: S301
