"""What is asked: filters, credentials, uploads, and errors that answers become."""

import io
import json
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from leadwire_client import (
    AccessError,
    ApiKey,
    Basic,
    Bearer,
    Client,
    ConflictError,
    InvalidRequestError,
    LeadStatus,
    LeadwireError,
    NotFoundError,
    ProblemError,
    UnavailableError,
)
from leadwire_client._core.calls import leads, managers
from leadwire_client._core.decoding import problem_of
from leadwire_client._core.wire import Answer
from leadwire_client.filters import Filters, as_query
from leadwire_client.uploads import upload_of

SECRET = "not to be shown"


def test_filters_are_written_as_the_server_reads_them() -> None:
    filters: Filters = {
        "status": [LeadStatus.PENDING, "reached_out"],
        "manager_id": UUID(int=1),
        "assigned": False,
        "created_after": datetime(2026, 1, 31, 9, tzinfo=UTC),
    }
    assert dict(as_query(filters)) == {
        "status": "pending,reached_out",
        "manager_id": "00000000-0000-0000-0000-000000000001",
        "assigned": "false",
        "created_after": "2026-01-31T09:00:00+00:00",
    }


def test_a_filter_that_could_mean_two_things_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        as_query({"created_after": datetime(2026, 1, 31)})  # noqa: DTZ001
    with pytest.raises(ValueError, match="status is empty"):
        as_query({"status": []})
    with pytest.raises(TypeError):
        as_query({"status": 5})  # type: ignore[typeddict-item]


def test_credentials_become_headers_and_are_not_shown() -> None:
    name, value = Basic("ada", SECRET).header()
    assert (name, b64decode(value.removeprefix("Basic "))) == (
        "Authorization",
        f"ada:{SECRET}".encode(),
    )
    assert Bearer(SECRET).header() == ("Authorization", f"Bearer {SECRET}")
    assert ApiKey(SECRET).header() == ("X-API-Key", SECRET)
    assert SECRET not in repr([Basic("ada", SECRET), Bearer(SECRET), ApiKey(SECRET)])


def test_a_token_may_be_asked_for_each_time() -> None:
    tokens = iter(["one", "two"])
    bearer = Bearer(lambda: next(tokens))
    assert [bearer.header()[1] for _ in range(2)] == ["Bearer one", "Bearer two"]


@pytest.mark.parametrize(
    ("name", "content_type", "encoding"),
    [
        ("leads.csv", "text/csv", None),
        ("Leads.CSV.gz", "text/csv", "gzip"),
        ("leads.jsonl", "application/x-ndjson", None),
        ("leads.json", "application/json", None),
    ],
)
def test_what_a_file_holds_is_told_from_its_name(
    tmp_path: Path, name: str, content_type: str, encoding: str | None
) -> None:
    path = tmp_path / name
    path.write_bytes(b"some bytes")
    upload = upload_of(path)
    assert (upload.content_type, upload.encoding, upload.size) == (content_type, encoding, 10)


def test_what_cannot_be_told_has_to_be_given(tmp_path: Path) -> None:
    (tmp_path / "leads.xlsx").write_bytes(b"")
    for source in (tmp_path / "leads.xlsx", b"bytes", io.BytesIO()):
        with pytest.raises(ValueError, match="content_type"):
            upload_of(source)


def test_an_upload_can_be_sent_again_unless_its_source_runs_dry() -> None:
    rows = [{"name": "Ada"}, {"name": "Grace"}]
    file = io.BytesIO(b"header\nAda\n")
    file.seek(7)
    for upload, expected in (
        (upload_of(rows), b'{"name":"Ada"}\n{"name":"Grace"}\n'),
        (upload_of(file, content_type="text/csv"), b"Ada\n"),
        (upload_of(b"Ada\n", content_type="text/csv"), b"Ada\n"),
    ):
        assert upload.repeatable
        assert [b"".join(upload.pieces()) for _ in range(2)] == [expected, expected]
    assert not upload_of(row for row in rows).repeatable


def test_progress_is_told_of_what_was_taken() -> None:
    told: list[tuple[int, int | None]] = []
    upload = upload_of(
        b"x" * 600_000, content_type="text/csv", progress=lambda *each: told.append(each)
    )
    pieces = upload.pieces()
    next(pieces)
    assert told == []
    list(pieces)
    assert told == [(262_144, 600_000), (524_288, 600_000), (600_000, 600_000)]


def test_many_rows_are_sent_in_few_pieces() -> None:
    def rows() -> Iterator[dict[str, object]]:
        for number in range(20_000):
            yield {"name": f"Name {number}"}

    pieces = list(upload_of(rows()).pieces())
    assert 1 < len(pieces) < 10
    assert b"".join(pieces).count(b"\n") == 20_000


def problem(status: int, **members: object) -> ProblemError:
    return problem_of(Answer(status=status, body=json.dumps(members).encode()))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequestError),
        (401, AccessError),
        (403, AccessError),
        (404, NotFoundError),
        (409, ConflictError),
        (410, NotFoundError),
        (412, ConflictError),
        (413, InvalidRequestError),
        (418, InvalidRequestError),
        (422, InvalidRequestError),
        (429, UnavailableError),
        (500, UnavailableError),
        (503, UnavailableError),
        (507, UnavailableError),
    ],
)
def test_a_status_has_its_class(status: int, kind: type[ProblemError]) -> None:
    error = problem(status, code="some_code", detail="Do this.", request_id="r1", allowed=["x"])
    assert type(error) is kind
    assert isinstance(error, LeadwireError)
    assert (error.code, error.detail, error.request_id) == ("some_code", "Do this.", "r1")
    assert error.extra == {"allowed": ["x"]}
    assert str(error) == f"{status} some_code: Do this."


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"code": 5, "errors": "x"}', b"\xff"])
def test_a_refusal_by_something_in_between_is_one_all_the_same(body: bytes) -> None:
    error = problem_of(Answer(status=502, body=body, headers={"x-request-id": "r2"}))
    assert (error.code, error.detail, error.request_id) == ("http_error", "Bad Gateway", "r2")
    assert error.errors == ()


def test_an_id_cannot_lead_to_another_path() -> None:
    assert managers.manager("../leads/1?x").request.path == "/v1/managers/..%2Fleads%2F1%3Fx"


def test_tags_are_quoted_for_if_match() -> None:
    headers = leads.mark(UUID(int=1), "interested", reason=None, if_match="work-7").request.headers
    assert headers["If-Match"] == '"work-7"'


@pytest.mark.parametrize("url", ["leads.example.com", "ftp://leads.example.com", "http://", ""])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="no address of a server"):
        Client(url)
