"""The OpenAPI document tells of the read API, and stored leads are what it says."""

from typing import TYPE_CHECKING
from uuid import uuid4

from uuid_utils.compat import uuid7

from stream_svc.domain.filters import FILTERS
from stream_svc.http.views import LeadView

if TYPE_CHECKING:
    from conftest import Arrives, MakeContact, MakeWork, StreamService


async def test_every_route_and_filter_is_documented(service: "StreamService") -> None:
    paths = (await service.get("/openapi.json"))["paths"]
    read_api = {"/v1/leads", "/v1/leads/count", "/v1/leads/stream", "/v1/leads/{lead_id}"}
    assert read_api <= set(paths)
    for path in ("/v1/leads", "/v1/leads/count", "/v1/leads/stream"):
        names = {parameter["name"] for parameter in paths[path]["get"]["parameters"]}
        assert set(FILTERS) <= names


async def test_a_lead_as_read_is_what_the_documentation_says(
    service: "StreamService", make_contact: "MakeContact", make_work: "MakeWork", arrives: "Arrives"
) -> None:
    contact = make_contact(attributes={"city": "London"})
    await service.publisher.created(contact)
    await service.publisher.worked(make_work(contact.id, 1, manager_id=uuid7()))
    await arrives({contact.id: 2})
    lead = await service.get(f"/v1/leads/{contact.id}")
    assert set(lead) == set(LeadView.model_fields)
    assert LeadView.model_validate(lead).manager is not None


async def test_a_problem_names_the_lead_s_absence_and_nothing_else(
    service: "StreamService",
) -> None:
    async with service.client.get(f"/v1/leads/{uuid4()}") as response:
        problem = await response.json()
    assert problem["code"] == "lead_not_found"
    assert problem["status"] == 404
