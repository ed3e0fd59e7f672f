"""What happens in the demo, and the sums that must agree."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from leadwire.testing import eventually
from leadwire_standalone.demo.client import JSON, Client
from leadwire_standalone.demo.subscriber import Subscriber

MANAGERS = ("Ada", "Grace", "Edsger")
DECISIONS = 30
DECIDED_STATUSES = ("interested", "not_interested")
MOST_REASONS = 3
PHONE_INVALID = "cellphone_invalid"
SETTLED_WITHIN = 60.0
"""Seconds for events to reach every reader."""

Say = Callable[[str], None]


class NothingImportedError(Exception):
    """There is no lead to show anything with; the message says why, and what may help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Two numbers or lists that must be equal."""

    claim: str
    expected: object
    found: object

    @property
    def holds(self) -> bool:
        """Whether they are."""
        return self.expected == self.found


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One decision, in the order in which they were taken."""

    lead_id: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the story came to, seen from every side."""

    receipt: JSON
    decided: list[Decided]
    received: list[str]
    shown: list[JSON]

    def decided_as(self, status: str) -> list[str]:
        """Return the leads that were marked so."""
        return [each.lead_id for each in self.decided if each.status == status]

    def shown_as_decided(self) -> list[tuple[str, str]]:
        """Return the leads that the stream shows as decided, and how."""
        return [
            (str(lead["id"]), lead["status"])
            for lead in self.shown
            if lead["status"] in DECIDED_STATUSES
        ]

    def oldest_first(self) -> list[str]:
        """Return the leads in the order in which they should be assigned."""
        in_order = sorted(self.shown, key=lambda lead: (lead["created_at"], lead["id"]))
        return [str(lead["id"]) for lead in in_order]


async def tell(
    client: Client,
    subscriber: Subscriber,
    *,
    file: bytes,
    name: str,
    region: str | None,
    say: Say,
) -> list[Check]:
    """Run the story and return what was checked at its end.

    Args:
        client: Talks to Leadwire.
        subscriber: Receives events meanwhile.
        file: What to import.
        name: Its file name, which tells the format.
        region: Default region of national phone numbers.
        say: Called with each line for the person who looks on.

    Raises:
        NothingImportedError: Every row of the file failed, or it has none.
    """
    managers = [await client.add_manager(each) for each in MANAGERS]
    say(f"added      {len(managers)} lead managers: {', '.join(MANAGERS)}")
    receipt = await client.import_leads(file, name=name, region=region)
    _say_receipt(receipt, say)
    insist_on_leads(receipt, region=region)
    decided = await decide(client, managers, leads=receipt["imported"])
    interested = sum(each.status == "interested" for each in decided)
    await _settled(client, subscriber, decided=len(decided), interested=interested)
    outcome = Outcome(
        receipt=receipt,
        decided=decided,
        received=[event["data"]["lead"]["id"] for event in subscriber.events.values()],
        shown=await client.stream(),
    )
    _say_outcome(outcome, subscriber, say)
    return check(outcome)


def insist_on_leads(receipt: JSON, *, region: str | None) -> None:
    """Refuse to go on with an import that brought nothing.

    Raises:
        NothingImportedError: It did not.
    """
    if receipt["imported"]:
        return
    said = f"none of the {receipt['received']} rows was imported"
    if reasons := _reasons(receipt).most_common(MOST_REASONS):
        said += ": " + ", ".join(f"{count} {code}" for code, count in reasons)
    if region is None and _all_failed_for(PHONE_INVALID, receipt):
        said += "; if their phone numbers are national ones, name their region, as in REGION=US"
    raise NothingImportedError(said)


def check(outcome: Outcome) -> list[Check]:
    """Compare what the sides say."""
    receipt, interested = outcome.receipt, sorted(outcome.decided_as("interested"))
    return [
        Check(
            claim="received = imported + failed",
            expected=receipt["received"],
            found=receipt["imported"] + receipt["failed"],
        ),
        Check(
            claim="the stream shows every imported lead",
            expected=receipt["imported"],
            found=len(outcome.shown),
        ),
        Check(
            claim="leads were assigned oldest first",
            expected=outcome.oldest_first()[: len(outcome.decided)],
            found=[each.lead_id for each in outcome.decided],
        ),
        Check(
            claim="the subscriber received each interested lead once",
            expected=interested,
            found=sorted(outcome.received),
        ),
        Check(
            claim="the stream shows each lead as it was marked",
            expected=sorted((each.lead_id, each.status) for each in outcome.decided),
            found=sorted(outcome.shown_as_decided()),
        ),
    ]


async def decide(client: Client, managers: list[str], *, leads: int) -> list[Decided]:
    """Have managers decide their leads in turn; every third one is not interested.

    Args:
        client: Talks to Leadwire.
        managers: Ids of the managers, who hold one lead each.
        leads: How many leads there are.
    """

    async def held_by_all() -> list[str] | None:
        held = [lead for each in managers if (lead := await client.held_lead(each)) is not None]
        return sorted(held) if len(held) == min(len(managers), leads) else None

    decided: list[Decided] = []
    desks = await eventually(held_by_all, within=SETTLED_WITHIN) if leads else None
    while desks and len(decided) < DECISIONS:
        lead_id = desks.pop(0)
        status = "not_interested" if len(decided) % 3 == 2 else "interested"
        answer = await client.mark(lead_id, status)
        decided.append(Decided(lead_id=lead_id, status=status))
        if answer["next_lead"] is not None:
            desks.append(answer["next_lead"]["id"])
    return decided


async def _settled(
    client: Client, subscriber: Subscriber, *, decided: int, interested: int
) -> None:
    """Wait for the events to arrive; what does not arrive shows in the checks."""

    async def arrived() -> bool:
        shown = await client.stream(status=",".join(DECIDED_STATUSES))
        return len(shown) >= decided and len(subscriber.events) >= interested

    try:
        await eventually(arrived, within=SETTLED_WITHIN)
    except AssertionError:
        return


def _say_receipt(receipt: JSON, say: Say) -> None:
    say(
        f"imported   {receipt['imported']} of {receipt['received']} rows, "
        f"{receipt['failed']} failed"
    )
    for code, count in _reasons(receipt).most_common():
        say(f"           {count:5} {code}")


def _reasons(receipt: JSON) -> Counter[str]:
    """Count the codes of an import's first failures."""
    return Counter(code for failure in receipt["failures"] for code in failure["codes"])


def _all_failed_for(code: str, receipt: JSON) -> bool:
    failures = receipt["failures"]
    return bool(failures) and all(code in failure["codes"] for failure in failures)


def _say_outcome(outcome: Outcome, subscriber: Subscriber, say: Say) -> None:
    interested = len(outcome.decided_as("interested"))
    say(
        f"marked     {len(outcome.decided)} leads as they were assigned: {interested} interested, "
        f"{len(outcome.decided) - interested} not"
    )
    first = ", the first:" if outcome.received else ""
    say(f"subscriber received {len(outcome.received)} lead_interested_created events{first}")
    for event in list(subscriber.events.values())[:3]:
        lead = event["data"]["lead"]
        say(f"           {event['time']}  {lead['name']} {lead['family_name']} <{lead['email']}>")
    by_status = Counter(str(lead["status"]) for lead in outcome.shown)
    counted = ", ".join(f"{count} {status}" for status, count in by_status.most_common())
    say(f"stream     shows {len(outcome.shown)} leads: {counted}")
