"""The demo's file is the same for everybody, and has some rows that must fail."""

import csv
import io

from leadwire_standalone.demo.sample import HEADER, sample_file


def rows(file: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.decode(), newline="")))


def test_the_same_seed_gives_the_same_file_and_another_one_another() -> None:
    assert sample_file() == sample_file()
    assert sample_file(rows=20, seed=1) != sample_file(rows=20, seed=2)


def test_it_has_as_many_rows_as_asked_for_below_its_header() -> None:
    assert tuple(sample_file(0).decode().strip().split(",")) == HEADER
    assert len(rows(sample_file(37))) == 37


def test_about_one_row_in_eight_is_bad_in_each_of_four_ways() -> None:
    sample = rows(sample_file(1000))
    found = {
        "no email": sum(row["Email 1"] == "" for row in sample),
        "no address": sum(" at " in row["Email 1"] for row in sample),
        "no phone": sum(row["Phone 1"] == "" for row in sample),
        "short phone": sum(row["Phone 1"] == "555-12" for row in sample),
    }
    assert all(found.values()), found
    assert 80 <= sum(found.values()) <= 170


def test_no_two_people_share_an_address_or_a_number() -> None:
    sample = rows(sample_file(1000))
    emails = [row["Email 1"] for row in sample if row["Email 1"]]
    phones = [row["Phone 1"] for row in sample if len(row["Phone 1"]) > 6]
    assert len(set(emails)) == len(emails)
    assert len(set(phones)) == len(phones)
