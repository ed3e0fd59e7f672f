"""Add, read, search, change and remove lead managers."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from leadwire.contracts import Event, ManagerAdded, ManagerRemoved, ManagerState, ManagerUpdated
from manager_svc.domain.manager import MAX_CAPACITY

if TYPE_CHECKING:
    from conftest import Desk


NO_MANAGERS: list[Any] = [
    {},
    {"name": ""},
    {"name": "   "},
    {"name": "\u00a0\u2003"},
    {"name": "?!"},
    {"name": "A\nB"},
    {"name": "A\u0000B"},
    {"name": "A\u0085B"},
    {"name": "A\u2028B"},
    {"name": "a" * 10_000},
    {"name": 7},
    {"name": "Anna", "capacity": 0},
    {"name": "Anna", "capacity": -1},
    {"name": "Anna", "capacity": MAX_CAPACITY + 1},
    {"name": "Anna", "capacity": 10**20},
    {"name": "Anna", "capacity": "many"},
    {"name": "Anna", "capacity": "2"},
    {"name": "Anna", "capacity": True},
    {"name": "Anna", "capacity": 1.5},
    {"name": "Anna", "email": "anna"},
    {"name": "Anna", "mail": "anna@example.org"},
    [],
]


async def test_a_manager_needs_only_a_name(desk: "Desk") -> None:
    anna = await desk.manager("  Anna Ek  ")
    assert anna | {"name": "Anna Ek", "email": None, "capacity": 1, "state": "free"} == anna
    assert await desk.call("GET", f"/v1/managers/{anna['id']}") == anna


async def test_what_is_no_manager_is_refused(desk: "Desk") -> None:
    for body in NO_MANAGERS:
        refused = await desk.call("POST", "/v1/managers", 422, json=body)
        assert refused["code"] == "invalid_request", body


async def test_an_email_belongs_to_one_manager(desk: "Desk") -> None:
    anna = await desk.manager("Anna", email="anna@example.org")
    body = {"name": "Other", "email": "ANNA@example.org"}
    assert (await desk.call("POST", "/v1/managers", 409, json=body))["code"] == "email_exists"
    ben = await desk.manager("Ben")
    change = {"email": "anna@example.org"}
    refused = await desk.call("PATCH", f"/v1/managers/{ben['id']}", 409, json=change)
    assert refused["code"] == "email_exists"
    await desk.call("DELETE", f"/v1/managers/{anna['id']}", 204)
    await desk.manager("Anna again", email="anna@example.org")


@pytest.mark.parametrize(
    ("email", "capitals"),
    [
        ("émile@example.org", "ÉMILE@example.org"),
        ("άγγελος@example.org", "ΆΓΓΕΛΟΣ@example.org"),
        ("νικος.παπας@example.org", "ΝΙΚΟΣ.ΠΑΠΑΣ@example.org"),
    ],
)
async def test_an_email_beyond_ascii_belongs_to_one_manager_whatever_the_collation(
    desk: "Desk", email: str, capitals: str
) -> None:
    await desk.manager("Anna", email=email)
    ben = await desk.manager("Ben", email="ben@example.org")

    added = await desk.call("POST", "/v1/managers", 409, json={"name": "Ada", "email": capitals})
    changed = await desk.call("PATCH", f"/v1/managers/{ben['id']}", 409, json={"email": capitals})

    assert (added["code"], changed["code"]) == ("email_exists", "email_exists")


async def test_a_change_leaves_out_what_stays(desk: "Desk") -> None:
    anna = await desk.manager("Anna", email="anna@example.org", capacity=2)
    path = f"/v1/managers/{anna['id']}"
    renamed = await desk.call("PATCH", path, json={"name": "Anna Berg"})
    kept = ("email", "capacity", "state")
    assert renamed["name"] == "Anna Berg"
    assert [renamed[field] for field in kept] == [anna[field] for field in kept]
    assert (await desk.call("PATCH", path, json={"email": None}))["email"] is None
    unchanged = await desk.call("PATCH", path, json={})
    assert unchanged["rev"] == 3
    for field, wrong in (("name", None), ("capacity", None), ("capacity", 0), ("capacity", True)):
        refused = await desk.call("PATCH", path, 422, json={field: wrong})
        assert refused["code"] == "invalid_request"
        assert [error["path"] for error in refused["errors"]] == [field]


async def test_search_finds_part_of_a_name_without_case_and_accents(desk: "Desk") -> None:
    for name in ("Zoë Ångström", "Åsa Lind", "100% Karl_Heinz", "Łukasz", "Onono"):
        await desk.manager(name)

    async def found(q: str) -> list[str]:
        page = await desk.call("GET", "/v1/managers", params={"q": q})
        return [manager["name"] for manager in page["items"]]

    assert await found("ANGSTR") == ["Zoë Ångström"]
    assert await found("å") == ["Zoë Ångström", "Åsa Lind", "100% Karl_Heinz", "Łukasz"]
    assert await found("lU") == ["Łukasz"]
    assert await found("ONON") == ["Onono"]
    assert await found("nonono") == []  # the name has all parts of it, and does not contain it
    assert await found("ë å") == ["Zoë Ångström"]
    assert await found("zoe  ang") == ["Zoë Ångström"]
    assert await found("0% karl_h") == ["100% Karl_Heinz"]
    assert await found("%") == ["100% Karl_Heinz"]
    assert await found("\\") == []
    assert len(await found("")) == 5
    assert len(await found("\u0301")) == 5  # an accent alone, which is ignored
    assert await found("a" * 200) == []


async def test_a_search_that_no_name_can_match_is_refused(desk: "Desk") -> None:
    for q in ("a" * 201, "A\u0000B"):
        refused = await desk.call("GET", "/v1/managers", 400, params={"q": q})
        assert refused["code"] == "invalid_request"


async def test_search_by_state(desk: "Desk") -> None:
    free, busy, paused, gone = [await desk.manager(n) for n in ("Free", "Busy", "Paused", "Gone")]
    (lead,) = await desk.leads(1)  # to the one who was free longest
    await desk.call("POST", f"/v1/managers/{paused['id']}/pause")
    await desk.call("DELETE", f"/v1/managers/{gone['id']}", 204)
    assert await desk.holds(free) == [lead]
    free, busy = busy, free

    async def found(state: str) -> list[str]:
        page = await desk.call("GET", "/v1/managers", params={"state": state})
        return [manager["id"] for manager in page["items"]]

    assert await found("free") == [free["id"]]
    assert await found("busy") == [busy["id"]]
    assert await found("paused") == [paused["id"]]
    refused = await desk.call("GET", "/v1/managers", 400, params={"state": "gone"})
    assert refused["code"] == "invalid_request"


async def test_a_manager_is_shown_with_since_when_he_has_had_room(desk: "Desk") -> None:
    anna = await desk.manager("Anna", capacity=2)
    path = f"/v1/managers/{anna['id']}"
    assert anna["free_since"] == anna["created_at"]
    first, second = await desk.leads(1), await desk.leads(1)
    assert (await desk.call("GET", path))["free_since"] is None
    decided = [
        (await desk.call("PUT", f"/v1/leads/{lead}/status", json={"status": "interested"}))["lead"]
        for (lead,) in (second, first)
    ]
    # Of two places the one that has been free for longest; the same wherever he is shown.
    since = decided[0]["decided_at"]
    for search in ({}, {"q": "ann"}, {"state": "free"}):
        page = await desk.call("GET", "/v1/managers", params=search)
        assert [each["free_since"] for each in page["items"]] == [since]
    assert (await desk.call("POST", f"{path}/pause"))["free_since"] is None
    resumed = await desk.call("POST", f"{path}/resume")
    assert resumed["free_since"] == resumed["updated_at"]
    await desk.call("DELETE", path, 204)
    assert (await desk.call("GET", path))["free_since"] is None


async def test_listings_come_in_pages(desk: "Desk") -> None:
    names = [f"M{number}" for number in range(5)]
    for name in names:
        await desk.manager(name)
    seen, cursor = [], None
    for size in (2, 2, 1):
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = await desk.call("GET", "/v1/managers", params=params)
        assert len(page["items"]) == size
        seen += [manager["name"] for manager in page["items"]]
        cursor = page["next_cursor"]
    assert (seen, cursor) == (names, None)
    for wrong in ({"limit": "0"}, {"limit": "1001"}, {"page": "2"}):
        refused = await desk.call("GET", "/v1/managers", 400, params=wrong)
        assert refused["code"] == "invalid_request"


async def test_a_listing_shows_the_first_leads_of_each_manager_and_how_many_he_holds(
    desk: "Desk",
) -> None:
    names = ("Anna", "Ben", "Nobody")
    anna, ben, _ = [
        await desk.manager(n, capacity=c) for n, c in zip(names, (12, 2, 1), strict=True)
    ]
    leads = [str(lead) for lead in await desk.leads(14)]

    page = await desk.call("GET", "/v1/managers")

    shown = [(m["lead_count"], [lead["id"] for lead in m["leads"]]) for m in page["items"]]
    assert shown[:2] == [(12, leads[:10]), (2, leads[12:])]
    assert [(lead["manager"]["name"]) for lead in page["items"][1]["leads"]] == ["Ben", "Ben"]
    found = await desk.call("GET", "/v1/managers", params={"q": "nobody"})
    assert [(m["lead_count"], m["leads"]) for m in found["items"]] == [(0, [])]
    one = await desk.call("GET", f"/v1/managers/{anna['id']}")
    assert (one["lead_count"], [lead["id"] for lead in one["leads"]]) == (12, leads[:12])
    assert await desk.holds(ben) == [UUID(lead) for lead in leads[12:]]


async def test_a_cursor_serves_only_the_search_that_it_came_from(desk: "Desk") -> None:
    for name in ("Ada", "Bea"):
        await desk.manager(name)
    page = await desk.call("GET", "/v1/managers", params={"limit": "1"})
    for wrong in ({"cursor": "made up"}, {"cursor": page["next_cursor"], "q": "Bea"}):
        refused = await desk.call("GET", "/v1/managers", 400, params=wrong)
        assert refused["code"] == "invalid_cursor"


async def test_who_is_not_there_is_not_found(desk: "Desk") -> None:
    path = f"/v1/managers/{uuid7()}"
    assert (await desk.call("GET", path, 404))["code"] == "manager_not_found"
    assert (await desk.call("PATCH", path, 404, json={}))["code"] == "manager_not_found"
    assert (await desk.call("DELETE", path, 404))["code"] == "manager_not_found"
    assert (await desk.call("POST", f"{path}/restore", 404))["code"] == "manager_not_found"
    await desk.call("GET", "/v1/managers/7", 400)


async def test_a_removed_manager_is_shown_and_takes_no_more_part(desk: "Desk") -> None:
    anna = await desk.manager()
    path = f"/v1/managers/{anna['id']}"
    await desk.call("DELETE", path, 204)
    await desk.call("DELETE", path, 204)
    shown = await desk.call("GET", path)
    assert (shown["name"], shown["state"], shown["leads"]) == (anna["name"], "removed", [])
    assert (await desk.call("PATCH", path, 409, json={}))["code"] == "manager_removed"
    assert (await desk.call("POST", f"{path}/resume", 409))["code"] == "manager_removed"
    assert (await desk.call("GET", "/v1/managers"))["items"] == []


async def test_a_removed_manager_is_found_and_restored_as_he_was(desk: "Desk") -> None:
    anna = await desk.manager("Anna", email="anna@example.org", capacity=2)
    path = f"/v1/managers/{anna['id']}"
    await desk.call("DELETE", path, 204)
    (lead,) = await desk.leads(1)
    removed = await desk.call("GET", "/v1/managers", params={"state": "removed", "q": "ann"})
    assert [(m["id"], m["state"], m["leads"]) for m in removed["items"]] == [
        (anna["id"], "removed", [])
    ]

    restored = await desk.call("POST", f"{path}/restore")

    kept = ("id", "name", "email", "capacity", "created_at")
    assert [restored[field] for field in kept] == [anna[field] for field in kept]
    assert [held["id"] for held in restored["leads"]] == [str(lead)]
    assert (restored["state"], restored["rev"]) == ("free", 3)  # he holds one of two
    again = await desk.call("POST", f"{path}/restore")
    assert again == restored
    assert (await desk.call("GET", "/v1/managers", params={"state": "removed"}))["items"] == []
    told = [(e.type, managed(e).state) for e in await desk.published() if e.subject != lead]
    assert told == [
        ("manager_added", "active"),
        ("manager_removed", "removed"),
        ("manager_updated", "active"),
    ]


async def test_restoring_leaves_the_leads_with_those_who_got_them(desk: "Desk") -> None:
    anna = await desk.manager("Anna")
    (lead,) = await desk.leads(1)
    ben = await desk.manager("Ben")
    await desk.call("DELETE", f"/v1/managers/{anna['id']}", 204)
    await desk.call("POST", f"/v1/managers/{anna['id']}/restore")
    assert (await desk.holds(anna), await desk.holds(ben)) == ([], [lead])


async def test_nobody_is_restored_to_an_email_that_another_has_by_now(desk: "Desk") -> None:
    anna = await desk.manager("Anna", email="anna@example.org")
    await desk.call("DELETE", f"/v1/managers/{anna['id']}", 204)
    other = await desk.manager("Another Anna", email="Anna@example.org")
    path = f"/v1/managers/{anna['id']}/restore"
    assert (await desk.call("POST", path, 409))["code"] == "email_exists"
    await desk.call("PATCH", f"/v1/managers/{other['id']}", json={"email": None})
    await desk.call("POST", path)


async def test_a_paused_manager_is_not_restored_but_resumed(desk: "Desk") -> None:
    path = f"/v1/managers/{(await desk.manager())['id']}"
    await desk.call("POST", f"{path}/pause")
    assert (await desk.call("POST", f"{path}/restore"))["state"] == "paused"


async def test_who_was_paused_and_then_removed_is_restored_free(desk: "Desk") -> None:
    path = f"/v1/managers/{(await desk.manager())['id']}"
    await desk.call("POST", f"{path}/pause")
    await desk.call("DELETE", path, 204)
    assert (await desk.call("POST", f"{path}/restore"))["state"] == "free"


async def test_a_dry_run_shows_who_would_get_a_removed_managers_leads(desk: "Desk") -> None:
    anna = await desk.manager("Anna", capacity=2)
    old, young = await desk.leads(2)
    ben = await desk.manager("Ben")
    path = f"/v1/managers/{anna['id']}"
    before = await desk.rows("SELECT id, manager_id, rev FROM leads ORDER BY id")

    for _ in range(2):  # nothing has happened, so it shows the same
        shown = await desk.call("DELETE", path, params={"dry_run": "true"})
        assert shown["manager"] == {"id": anna["id"], "name": "Anna"}
        assert [(each["lead"]["id"], each["next_manager"]) for each in shown["leads"]] == [
            (str(old), {"id": ben["id"], "name": "Ben"}),
            (str(young), None),
        ]
        assert shown["leads"][0]["lead"]["manager"] == {"id": anna["id"], "name": "Anna"}

    assert await desk.rows("SELECT id, manager_id, rev FROM leads ORDER BY id") == before
    assert await desk.holds(anna) == [old, young]
    assert await desk.value("SELECT count(*) FROM lead_history") == 2
    told = [event.type for event in await desk.published() if event.subject not in {old, young}]
    assert told == ["manager_added", "manager_added"]
    await desk.call("DELETE", path, 204, params={"dry_run": "false"})
    assert await desk.holds(ben) == [old]


async def test_a_dry_run_for_a_manager_who_holds_nothing_shows_nothing(desk: "Desk") -> None:
    path = f"/v1/managers/{(await desk.manager())['id']}"
    dry_run = {"dry_run": "true"}
    shown = await desk.call("DELETE", path, params=dry_run)
    assert (shown["already_removed"], shown["leads"]) == (False, [])
    await desk.call("DELETE", path, 204)
    shown = await desk.call("DELETE", path, params=dry_run)
    assert (shown["already_removed"], shown["leads"]) == (True, [])
    refused = await desk.call("DELETE", f"/v1/managers/{uuid7()}", 404, params=dry_run)
    assert refused["code"] == "manager_not_found"
    for wrong in ({"dry_run": "perhaps"}, {"dryrun": "true"}):  # a misspelt one removes nobody
        refused = await desk.call("DELETE", path, 400, params=wrong)
        assert refused["code"] == "invalid_request"


def managed(event: Event) -> ManagerState:
    assert isinstance(event.data, ManagerAdded | ManagerUpdated | ManagerRemoved)
    return event.data.manager


async def test_every_change_of_a_manager_is_told_once(desk: "Desk") -> None:
    anna = await desk.manager("Anna", email="anna@example.org")
    path = f"/v1/managers/{anna['id']}"
    await desk.call("PATCH", path, json={"name": "Anna"})
    await desk.call("PATCH", path, json={"name": "Anna Berg", "capacity": 3})
    await desk.call("POST", f"{path}/pause")
    await desk.call("POST", f"{path}/pause")
    await desk.call("POST", f"{path}/resume")
    await desk.call("DELETE", path, 204)
    await desk.call("DELETE", path, 204)
    events = await desk.published()
    managers = [managed(event) for event in events]
    told = [(e.type, m.state, m.rev) for e, m in zip(events, managers, strict=True)]
    assert told == [
        ("manager_added", "active", 1),
        ("manager_updated", "active", 2),
        ("manager_updated", "paused", 3),
        ("manager_updated", "active", 4),
        ("manager_removed", "removed", 5),
    ]
    assert {manager.email for manager in managers} == {"anna@example.org"}
