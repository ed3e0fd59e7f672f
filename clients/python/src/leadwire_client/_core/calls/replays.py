"""What is asked about replays."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from leadwire_client._core.calls.making import Id, fields, new_key, path_of, query_of, read
from leadwire_client._core.decoding import decode, encode, read_as
from leadwire_client._core.wire import Answer, Call, Query, Request
from leadwire_client.filters import moment
from leadwire_client.models import Page
from leadwire_client.replays import Replay


def start_replay(
    *,
    since: datetime,
    until: datetime | None,
    types: Iterable[str],
    subscription: str | None,
    webhook_id: Id | None,
    key: str | None,
) -> Call[Replay]:
    """Begin a replay. The key makes a second try find the one that the first began."""
    received = {"from": moment("since", since), "to": moment("until", until)}
    webhook = None if webhook_id is None else str(webhook_id)
    body = fields(**received, types=list(types), subscription=subscription, webhook_id=webhook)
    headers = {"Content-Type": "application/json", "Idempotency-Key": key or new_key()}
    request = Request(method="POST", path="/v1/replays", headers=headers, body=encode(body))
    return Call(request=request, read=_replay, repeatable=True)


def replay(replay_id: Id) -> Call[Replay]:
    """Read a replay as it stands."""
    return read(path_of("replays", replay_id), _replay)


def replays(*, status: str | None, at: Query) -> Call[Page[Replay]]:
    """Read a page of replays."""
    return read("/v1/replays", _page, (*query_of(status=status), *at))


def cancel_replay(replay_id: Id) -> Call[Replay]:
    """Cancel a replay."""
    request = Request(method="POST", path=path_of("replays", replay_id, "cancel"))
    return Call(request=request, read=_replay, repeatable=True)


def _replay(answer: Answer) -> Replay:
    return _named(read_as(dict[str, Any], answer))


def _page(answer: Answer) -> Page[Replay]:
    page = read_as(Page[dict[str, Any]], answer)
    return Page(items=tuple(map(_named, page.items)), next_cursor=page.next_cursor)


def _named(members: dict[str, Any]) -> Replay:
    """Give what Python cannot name so another name: `from` is a word of the language."""
    named = {**members, "since": members.get("from"), "until": members.get("to")}
    return decode(encode(named), Replay)
