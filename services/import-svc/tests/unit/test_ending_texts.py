"""What receipts and the reference tell people to do."""

import pytest

from import_svc.domain.receipt import Interruption
from import_svc.usecases import early_endings

ENDINGS = [value for value in vars(early_endings).values() if isinstance(value, Interruption)]


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.code)
def test_an_import_that_failed_says_how_it_is_sent_again(ending: Interruption) -> None:
    assert "with the same Idempotency-Key" in ending.detail
    assert "come back as existing" in ending.detail
