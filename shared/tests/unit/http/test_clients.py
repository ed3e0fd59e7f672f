"""Whom a request is from, whatever it says of itself."""

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from leadwire.http import client_of, new_application


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.7", [], "192.0.2.7"),
        ("192.0.2.7", ["198.51.100.1"], "192.0.2.7"),  # not from a gateway: not believed
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.5, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.5", "198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", ["nonsense"], "unknown"),
        ("10.0.0.1", [""], "unknown"),
        ("2001:db8:1:2::7", [], "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", [], "192.0.2.7"),
    ],
)
def test_only_a_gateway_is_believed_whom_it_speaks_for(
    peer: str, forwarded: list[str], client: str
) -> None:
    app = new_application(
        title="probe", version="1", authenticator=None, trusted_proxies="10.0.0.0/8, ::1"
    )
    headers = CIMultiDict([("X-Forwarded-For", each) for each in forwarded])
    request = make_mocked_request("GET", "/", headers=headers, app=app).clone(remote=peer)
    assert client_of(request) == client
