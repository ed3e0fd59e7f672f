"""Tags name states; ids tell their age."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from uuid_utils.compat import uuid7

from leadwire.contracts.identity import is_young
from leadwire.contracts.tags import InvalidTagError, Tag, contact_tag, work_tag


def test_a_tag_is_reached_by_its_own_side_only() -> None:
    assert Tag.parse("work-7").is_reached(contact_rev=0, work_rev=7)
    assert not Tag.parse("work-7").is_reached(contact_rev=9, work_rev=6)
    assert Tag.parse("contact-3").is_reached(contact_rev=4, work_rev=0)


def test_a_tag_that_is_written_can_be_read() -> None:
    assert Tag.parse(contact_tag(3)) == Tag("contact", 3)
    assert Tag.parse(work_tag(7)) == Tag("work", 7)


@pytest.mark.parametrize("text", ["", "work", "work-", "work-0", "work-x", "lead-1", "work-1 "])
def test_other_text_is_no_tag(text: str) -> None:
    with pytest.raises(InvalidTagError):
        Tag.parse(text)


def test_an_id_made_now_is_young_for_ten_seconds() -> None:
    made, now = uuid7(), datetime.now(UTC)
    assert is_young(made, now=now)
    assert is_young(made, now=now - timedelta(seconds=5))
    assert not is_young(made, now=now + timedelta(seconds=11))


def test_an_id_from_the_far_future_or_of_another_kind_is_not_young() -> None:
    assert not is_young(UUID("ffffffff-ffff-7fff-bfff-ffffffffffff"), now=datetime.now(UTC))
    assert not is_young(uuid4(), now=datetime.now(UTC))
