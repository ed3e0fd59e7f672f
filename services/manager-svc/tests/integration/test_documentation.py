from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Desk


async def test_every_operation_is_documented_with_its_refusals(desk: "Desk") -> None:
    document = await desk.call("GET", "/openapi.json")
    operations = {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if path.startswith("/v1/") and not path.startswith("/v1/ops/")
    }
    assert set(operations) == {
        "POST /v1/auth/token",
        "GET /v1/auth/me",
        "POST /v1/managers",
        "GET /v1/managers",
        "GET /v1/managers/{manager_id}",
        "PATCH /v1/managers/{manager_id}",
        "DELETE /v1/managers/{manager_id}",
        "POST /v1/managers/{manager_id}/restore",
        "POST /v1/managers/{manager_id}/pause",
        "POST /v1/managers/{manager_id}/resume",
        "POST /v1/managers/{manager_id}/next-lead",
        "PUT /v1/leads/{lead_id}/status",
        "PUT /v1/leads/{lead_id}/assignee",
        "DELETE /v1/leads/{lead_id}/assignee",
        "GET /v1/leads/{lead_id}/assignment",
        "GET /v1/leads/{lead_id}/history",
    }
    assert all({"500", "503"} <= set(operation["responses"]) for operation in operations.values())
    marking = operations["PUT /v1/leads/{lead_id}/status"]["responses"]
    assert {"200", "404", "409", "412", "422"} <= set(marking)
    assert "illegal_transition" in str(marking["409"])
    reading = operations["GET /v1/managers/{manager_id}"]["responses"]
    assert "manager_not_found" in str(reading["404"])
    assert "manager_removed" not in str(reading)
