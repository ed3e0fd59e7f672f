"""Lists in every order, searches and chosen fields, through HTTP."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from leadwire.contracts import Contact, LeadStatus
from leadwire.testing import eventually
from stream_svc.domain.listing import Sort
from stream_svc.domain.text_keys import text_key

if TYPE_CHECKING:
    from conftest import MakeContact, MakeWork, StreamService

START = datetime(2026, 1, 31, 9, tzinfo=UTC)
NAMES = ["Zoë", "ada", "Ada", "Émile", "Bo", "bo", "李"]


async def every_item(service: "StreamService", **params: str) -> list[dict[str, Any]]:
    """Give the items of all pages, which are small."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await service.get("/v1/leads", limit="3", **params, **cursor)
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def facts(contact: Contact) -> dict[str, Any]:
    return {
        "created_at": contact.created_at,
        "updated_at": contact.updated_at,
        "name": text_key(f"{contact.name} {contact.family_name}"),
        "email": text_key(contact.email),
    }


@pytest.mark.parametrize("sort", list(Sort))
async def test_pages_follow_each_other_in_the_order_that_was_asked_for(
    service: "StreamService", make_contact: "MakeContact", sort: Sort
) -> None:
    contacts = [
        make_contact(
            UUID(int=(number * 7919) % 104729),  # ids in no order
            name=NAMES[number % len(NAMES)],
            family_name=f"Of {number % 2}",
            email=f"{'Ab'[number % 2]}{number % 3}.{number}@example.org",
            created_at=START + timedelta(minutes=number % 4),
            updated_at=START + timedelta(hours=1, microseconds=-(number % 5)),
        )
        for number in range(1, 24)
    ]
    await service.publisher.created(*contacts)
    await service.stored(len(contacts))

    seen = [item["id"] for item in await every_item(service, sort=sort)]

    in_order = sorted(
        contacts, key=lambda each: (facts(each)[sort.by], each.id), reverse=sort.descending
    )
    assert seen == [str(contact.id) for contact in in_order]


async def test_the_oldest_lead_comes_first_unless_told_otherwise(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    older = make_contact(UUID(int=9), created_at=START)
    newer = make_contact(UUID(int=1), created_at=START + timedelta(seconds=1))
    await service.publisher.created(newer, older)
    await service.stored(2)
    assert [item["id"] for item in await every_item(service)] == [str(older.id), str(newer.id)]


async def test_the_newest_change_of_either_side_counts_as_the_update(
    service: "StreamService", make_contact: "MakeContact", make_work: "MakeWork"
) -> None:
    worked, changed = make_contact(updated_at=START), make_contact(updated_at=START)
    await service.publisher.created(worked, changed)
    await service.publisher.worked(make_work(worked.id, 1, manager_id=uuid7()))
    await service.stored(2)

    async def last_is_worked() -> bool:
        items = (await service.get("/v1/leads", sort="-updated_at"))["items"]
        moments = [item["updated_at"] for item in items]
        return moments == sorted(moments, reverse=True) and items[0]["id"] == str(worked.id)

    await eventually(last_is_worked)


async def test_leads_are_found_by_what_names_and_emails_begin_with(
    service: "StreamService", make_contact: "MakeContact", make_work: "MakeWork"
) -> None:
    ada = make_contact(name="Ada", family_name="Lovelace", email="countess@example.org")
    zoe = make_contact(name="Zoë", family_name="Adams", email="zoe@example.org")
    emil = make_contact(name="Emil", family_name="Berliner", email="ADAPTER@example.net")
    await service.publisher.created(ada, zoe, emil)
    await service.publisher.worked(make_work(zoe.id, 1, status=LeadStatus.INTERESTED))
    await service.stored(3)
    await eventually(lambda: _counted_is(service, 1, status="interested"))

    async def found(**params: str) -> set[str]:
        ids = {item["id"]: item["name"] for item in await every_item(service, **params)}
        return set(ids.values())

    assert await found(q="ada") == {"Ada", "Zoë", "Emil"}
    assert await found(q=" ÁDA  love") == {"Ada"}
    assert await found(q="adams z") == {"Zoë"}
    assert await found(q="zoe") == {"Zoë"}
    assert await found(q="adapter@EXAMPLE") == {"Emil"}
    assert await found(q="lace") == set()
    assert await found(q="%") == set()
    assert await found(q="ada", status="interested", sort="-email") == {"Zoë"}
    assert (await service.get("/v1/leads/count", q="ada", status="pending"))["total"] == 2


async def test_an_erased_lead_is_found_no_more_and_leaves_no_key(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    contact = make_contact(name="Secretname", email="hidden@example.org")
    await service.publisher.created(contact)
    await service.stored(1)
    await service.publisher.erased(contact.id, 2)
    await service.stored(0)
    assert await every_item(service, q="secretname") == []
    async with service.database() as database, database.connection() as connection:
        keys = await connection.fetchrow("SELECT name_key, family_name_key, email_key FROM leads")
    assert keys is not None
    assert set(keys.values()) == {None}


async def test_a_list_has_the_fields_that_were_asked_for(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    contact = make_contact(attributes={"city": "Köln"})
    await service.publisher.created(contact)
    await service.stored(1)
    page = await service.get("/v1/leads", fields="attributes,email")
    assert page["items"] == [
        {"id": str(contact.id), "email": contact.email, "attributes": {"city": "Köln"}}
    ]


async def test_a_stream_has_the_fields_that_were_asked_for_in_snapshot_and_live(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    contact = make_contact(name="Ada")
    await service.publisher.created(contact)
    await service.stored(1)
    wanted = {"follow": "true", "fields": "name"}
    async with service.stream(**wanted) as narrow, service.stream(follow="true") as wide:
        [snapshot] = [f for f in await narrow.until("synced") if f["type"] == "put"]
        assert snapshot["lead"] == {"id": str(contact.id), "name": "Ada"}
        await wide.until("synced")

        await service.publisher.updated(make_contact(contact.id, rev=2, name="Augusta"))

        live = await narrow.frame()
        assert (live["rev"], live["lead"]) == (2, {"id": str(contact.id), "name": "Augusta"})
        assert "email" in (await wide.frame())["lead"]


async def test_a_cursor_goes_on_in_its_own_list_only(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    await service.publisher.created(*(make_contact() for _ in range(3)))
    await service.stored(3)
    asked = {"limit": "1", "sort": "name", "q": "ada"}
    cursor = (await service.get("/v1/leads", **asked))["next_cursor"]

    async def answer(**changed: str) -> tuple[int, str]:
        return await service.problem("/v1/leads", **(asked | {"cursor": cursor} | changed))

    assert await answer(sort="-name") == (400, "invalid_cursor")
    assert await answer(sort="email") == (400, "invalid_cursor")
    assert await answer(q="ad") == (400, "invalid_cursor")
    assert await answer(status="pending") == (400, "invalid_cursor")
    same = asked | {"cursor": cursor, "q": " ADA", "fields": "name", "limit": "2"}
    assert len((await service.get("/v1/leads", **same))["items"]) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"sort": "rev"},
        {"sort": "name,email"},
        {"sort": ""},
        {"q": ""},
        {"q": " "},
        {"q": "x" * 101},
        {"fields": ""},
        {"fields": "secret"},
    ],
    ids=str,
)
async def test_orders_searches_and_fields_that_mean_nothing_are_refused(
    service: "StreamService", wrong: dict[str, str]
) -> None:
    assert await service.problem("/v1/leads", **wrong) == (400, "invalid_request")


async def _counted_is(service: "StreamService", expected: int, **params: str) -> bool:
    return await service.counted(**params) == expected
