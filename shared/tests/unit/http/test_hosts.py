"""Whose name leads to a process is asked nothing under it, unless it is served."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from leadwire.http import new_application
from leadwire.http.hosts import hosts_from

Client = TestClient[web.Request, web.Application]
Serve = Callable[..., Awaitable[Client]]


def application(served_hosts: Sequence[str] | None) -> web.Application:
    return new_application(
        title="probe", version="1", authenticator=None, served_hosts=served_hosts
    )


async def status_of(client: Client, host: str, path: str = "/metrics") -> int:
    async with client.get(path, headers={"Host": host}) as response:
        return response.status


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST:8080", "localhost.", "leads.localhost:80"),
        *("127.0.0.1", "127.0.0.1:1", "127.9.9.9", "[::1]", "[::1]:8080"),
        *("192.0.2.7:8080", "[2001:db8::7]"),  # looked up nowhere, so nobody made it lead here
        *("leads.example", "Leads.Example:8080", "leads.example.", "a.b.office.example"),
    ],
)
async def test_what_is_told_or_leads_here_by_itself_is_served(serve: Serve, host: str) -> None:
    client = await serve(app=application(["leads.example", "*.office.example"]))
    assert await status_of(client, host) == 200


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example"),
        *("evil-localhost", "xlocalhost", "localhost@evil.example", "127.0.0.1:80@evil.example"),
        *("leads.example.evil.example", "xleads.example", "a.leads.example", "office.example"),
        *("xoffice.example", "", ":8080", "[", "[::1", "127.1", "2130706433", "::1"),
    ],
)
async def test_any_other_name_is_refused(serve: Serve, host: str) -> None:
    client = await serve(app=application(["leads.example", "*.office.example"]))
    assert await status_of(client, host) == 421


async def test_the_refusal_says_what_to_do_and_not_what_was_sent(serve: Serve) -> None:
    client = await serve(app=application([]))
    for method, path in (("GET", "/"), ("GET", "/docs"), ("POST", "/nowhere"), ("GET", "/healthz")):
        async with client.request(method, path, headers={"Host": "evil.example"}) as response:
            problem: dict[str, Any] = await response.json()
            assert (response.status, problem["code"]) == (421, "misdirected_request"), path
            assert "LEADWIRE_ALLOWED_HOSTS" in problem["detail"]
            assert "evil" not in problem["detail"]


async def test_where_any_is_served_nobody_looks(serve: Serve) -> None:
    client = await serve(app=application(None))
    assert await status_of(client, "evil.example") == 200


def test_names_are_read_in_any_case_with_blanks() -> None:
    assert hosts_from(" Leads.example ,*.Office.example,") == ["leads.example", "*.office.example"]
    assert (hosts_from("*"), hosts_from("")) == (["*"], [])


@pytest.mark.parametrize(
    "wrong",
    ["https://leads.example", "leads.example:8080", "*,leads.example", "a..b", "*example", ".b"],
)
def test_what_is_no_name_is_not_taken(wrong: str) -> None:
    with pytest.raises(ValueError, match="without a port"):
        hosts_from(wrong)
