"""One line of a table for each kind of thing."""

from datetime import datetime

from leadwire_client.command.printable import printable
from leadwire_client.explanations import Removal
from leadwire_client.models import HistoryEntry, Lead, LeadWork, Manager


def lead_row(lead: Lead) -> str:
    """Give the line of a lead."""
    manager = lead.manager.name if lead.manager else "-"
    name = f"{lead.name} {lead.family_name}"
    return printable(f"{lead.id}  {lead.status:<14}  {manager:<16.16}  {name:<28.28}  {lead.email}")


def manager_row(manager: Manager) -> str:
    """Give the line of a lead manager."""
    held = f"{manager.lead_count}/{manager.capacity}"
    return printable(f"{manager.id}  {manager.state:<6}  {held:>7}  {manager.name}")


def history_row(entry: HistoryEntry) -> str:
    """Give the line of a thing that happened to a lead."""
    manager = entry.manager.name if entry.manager else "-"
    said = [each for each in (entry.rule, entry.reason) if each]
    line = f"{local(entry.at)}  {entry.event:<28}  {manager:<16.16}  by {entry.actor}"
    return printable(f"{line}: {', '.join(said)}" if said else line)


def removal_rows(removal: Removal) -> list[str]:
    """Give the lines of what a removal would do."""
    name = removal.manager.name
    if removal.already_removed:
        return [printable(f"{name} was removed before")]
    held = len(removal.leads)
    lines = [f"{name} holds {held} {'lead' if held == 1 else 'leads'}"]
    for each in removal.leads:
        heir = f"would go to {each.next_manager.name}" if each.next_manager else "would wait"
        lines.append(f"  {short(each.lead)} {heir}")
    return [printable(line) for line in lines]


def short(lead: LeadWork) -> str:
    """Name a lead."""
    return f"{lead.name} {lead.family_name} ({lead.id})"


def local(moment: datetime) -> str:
    """Give a moment as people here read it."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S}"
