"""Without access control everybody may do everything, and is told so."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Desk


async def test_there_are_no_tokens(desk: "Desk") -> None:
    body = {"username": "ada", "password": "x"}
    assert (await desk.call("POST", "/v1/auth/token", 404, json=body))["code"] == "access_off"


async def test_everybody_is_told_that_he_may_do_everything(desk: "Desk") -> None:
    assert await desk.call("GET", "/v1/auth/me") == {
        "name": None,
        "roles": ["admin", "importer", "intake", "manager", "reader"],
        "manager_id": None,
        "auth": "off",
        "expires_at": None,
    }
