"""How the template is filled in."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from gateway.conftest import StartGateway, Upstreams
from gateway.nginx import Gateway
from gateway.upstream import OK, Exchange
from gateway.wire import exchange, request

from leadwire.testing import eventually

NewHome = Callable[[], Path]


def filled_in(home: Path, resolv_conf: str, **settings: str) -> str:
    """Return the configuration, which nginx has checked."""
    (home / "resolv.conf").write_text(resolv_conf)
    settings["GATEWAY_RESOLV_CONF"] = str(home / "resolv.conf")
    assert Gateway(home=home, upstreams={}, settings=settings).check() == (0, ""), "no warning"
    return (home / "run" / "nginx.conf").read_text()


def test_a_name_is_one_of_the_namespace_in_kubernetes(new_home: NewHome) -> None:
    text = filled_in(
        new_home(),
        "search leadwire.svc.cluster.local svc.cluster.local cluster.local\n"
        "nameserver 10.96.0.10\noptions ndots:5\n",
        GATEWAY_STREAM_SVC="stream.elsewhere.example:80",
    )
    assert "import-svc import-svc.leadwire.svc.cluster.local:8080;" in text
    assert "stream-svc stream.elsewhere.example:80;" in text
    assert "resolver 10.96.0.10 valid=5s;" in text


def test_elsewhere_a_name_is_what_it_is(new_home: NewHome) -> None:
    text = filled_in(
        new_home(), "search office.example\nnameserver fe80::1%eth0\nnameserver 192.0.2.1\n"
    )
    assert "import-svc import-svc:8080;" in text
    assert "resolver [fe80::1] valid=5s;" in text, "the first one, in brackets"


def test_addresses_need_no_name_server(new_home: NewHome) -> None:
    text = filled_in(new_home(), "", GATEWAY_IMPORT_SVC="[::1]:8080")
    assert "import-svc [::1]:8080;" in text


def test_every_variable_of_the_template_has_a_value_and_stands_in_the_guide(
    new_home: NewHome,
) -> None:
    home = new_home()
    text = filled_in(home, "nameserver 192.0.2.1\n")
    assert "${GATEWAY" not in text
    guide = (Path(__file__).parents[2] / "docs/operations/gateway.md").read_text()
    internal = {"GATEWAY_RESOLV_CONF", "GATEWAY_RUN_DIR", "GATEWAY_FILES", "GATEWAY_WWW"}
    settable = {
        line.partition("{")[2].partition(":=")[0]
        for line in (home / "start").read_text().splitlines()
        if line.startswith(': "${GATEWAY_')
    }
    assert len(settable) > 20
    assert not {name for name in settable - internal if f"`{name}`" not in guide}


@pytest.mark.parametrize(
    "settings",
    [
        {"GATEWAY_FORM_RATE": "often"},
        {"GATEWAY_MAX_IMPORT": "4 elephants"},
        {"GATEWAY_TRUSTED_PROXIES": "10.0.0.0/99"},
    ],
)
def test_a_setting_that_makes_no_sense_ends_the_start(
    new_home: NewHome, settings: dict[str, str]
) -> None:
    assert Gateway(home=new_home(), upstreams={}, settings=settings).check()[0] != 0


async def test_it_allows_itself_as_many_connections_as_it_may(
    new_home: NewHome, start_gateway: StartGateway, upstreams: Upstreams
) -> None:
    home = new_home()
    start = (home / "start").rename(home / "start-itself")
    (home / "start").write_text(f"#!/bin/sh\nulimit -Sn 64\nexec {start}\n")
    (home / "start").chmod(0o755)
    gateway = await start_gateway(home)
    enough = asyncio.Event()

    async def wait(each: Exchange) -> None:
        await enough.wait()
        await each.send(OK)

    upstreams["stream-svc"].script = wait
    asking = [
        asyncio.create_task(exchange(gateway.port, request("GET", "/v1/leads")))
        for _ in range(100)  # each takes two open files, of one of two processes
    ]
    await eventually(lambda: len(upstreams["stream-svc"].exchanges) == len(asking), within=15)
    enough.set()
    assert {each.status for each in await asyncio.gather(*asking)} == {200}
