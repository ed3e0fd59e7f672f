"""What must work once the client alone is installed; run there, with the server's address."""

import asyncio
import importlib.util
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distributions, requires, version
from pathlib import Path
from typing import Unpack

from leadwire_client import AsyncClient, Client, Filters, Lead, LeadStatus

ROWS = b"""\
First Name,Last Name,Email,Phone
Ada,Lovelace,ada@example.com,(212) 555-0101
Grace,,grace@example.com,(212) 555-0102
"""
END_OF_NAME = re.compile(r"[^A-Za-z0-9._-]")


def main(url: str, released: str) -> None:
    """Do the main job once, by both clients and by the command line."""
    require(version("leadwire-client") == released, f"the version is {released}")
    for name in ("leadwire", "import_svc", "manager_svc", "notifier_svc", "stream_svc"):
        require(importlib.util.find_spec(name) is None, f"{name} is not installed")
    require(installed() <= needed("leadwire-client"), "only what it says is needed is there")
    with Client(url) as client:
        receipt = client.import_leads(ROWS, content_type="text/csv", region="US")
        require((receipt.imported, receipt.failed) == (1, 1), "an import is accounted for")
        client.add_manager("Anna")
        lead = first_lead(client, assigned=True)
        marked = client.mark(lead.id, LeadStatus.INTERESTED)
        require(marked.lead.status == "interested", "a lead is assigned and marked")
        told = first_lead(client, status="interested")
        require(told.id == lead.id, "the stream tells of the decision")
    asyncio.run(by_asyncio(url))
    printed = run("leads", "--url", url, "--search", "ada")
    require(str(lead.id) in printed, "the command line lists leads")
    require("ERROR" not in run("doctor", "--url", url, "--quick", "--write"), "nothing is wrong")


def installed() -> set[str]:
    """Give the names of all distributions here."""
    return {plain(each.name) for each in distributions()}


def needed(name: str) -> set[str]:
    """Give a distribution, and all that it says it needs, as far as it is here."""
    found: set[str] = set()
    left = {name}
    while left:
        each = left.pop()
        if each in found:
            continue
        try:
            requirements = requires(each) or []
        except PackageNotFoundError:
            continue  # for another machine
        found.add(each)
        left |= {
            plain(END_OF_NAME.split(each)[0]) for each in requirements if "extra ==" not in each
        }
    return found


def plain(name: str) -> str:
    """Write a name as all spellings of it are written."""
    return re.sub(r"[-_.]+", "-", name).lower()


def first_lead(client: Client, **filters: Unpack[Filters]) -> Lead:
    """Wait for the first lead that matches."""
    with client.stream(give_up_after=60, **filters) as stream:
        return next(stream.leads())


async def by_asyncio(url: str) -> None:
    """Count leads."""
    async with AsyncClient(url) as client:
        require((await client.count_leads()).total == 1, "leads are counted")


def run(*arguments: str) -> str:
    """Run `leadwire`; give what it printed."""
    program = Path(sys.executable).parent / "leadwire"
    return subprocess.run(
        [program, *arguments], check=True, capture_output=True, text=True, timeout=60
    ).stdout


def require(holds: bool, what: str) -> None:  # noqa: FBT001 - it reads as a sentence
    """Say what holds; end where it does not."""
    if not holds:
        raise SystemExit(f"not so: {what}")
    print(what)


if __name__ == "__main__":
    main(*sys.argv[1:])
