"""What a `Prefer` header asks for (RFC 7240)."""

import pytest

from import_svc.http.preferences import prefers_async


@pytest.mark.parametrize(
    "header",
    [
        "respond-async",
        "Respond-Async",
        "respond-async, wait=10",
        "wait=10,respond-async",
        'foo="a, b" , respond-async; x=1',
        "respond-async=",
        ", ,respond-async",
    ],
)
def test_an_answer_before_the_work_is_done_is_asked_for(header: str) -> None:
    assert prefers_async(header)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "wait=10",
        "respond-asynchronously",
        "no-respond-async",
        "handling=respond-async",
        "handling; respond-async",
        'handling="respond-async, strict"',
        'handling="a\\", respond-async"',
        'handling="never closed, respond-async',
    ],
)
def test_it_is_not_asked_for(header: str | None) -> None:
    assert not prefers_async(header)
