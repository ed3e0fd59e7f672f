"""Does a lead go through? One of its own, which is erased again."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from secrets import choice, randbelow, token_hex
from typing import Final

from leadwire_client.client import Client
from leadwire_client.command.doctor.findings import Finding, error, note, ok, warning
from leadwire_client.errors import AccessError, LeadwireError
from leadwire_client.frames import Gone, Put
from leadwire_client.models import Lead, Receipt
from leadwire_client.stream import Stream

_CHECK: Final = "lead"
_NAME: Final = "leadwire-doctor"
_EMAIL: Final = re.compile(rf"{_NAME}@[0-9a-f]{{16}}\.example\.com")
_ABANDONED_AFTER: Final = timedelta(minutes=15)
_TRIES: Final = 5
_AREAS: Final = (212, 213, 312, 404, 415, 602, 617, 702, 713, 808)
"""In each of these, numbers from 555-0100 to 555-0199 are kept for plays: nobody has them."""
_LOG: Final = (
    "look at the logs of import-svc and stream-svc, and whether the broker passes events on"
)


class Passage:
    """Sends a lead through, and listens to what is told of it.

    It is imported, not entered by the form, since that writes to people.

    Args:
        client: Asks.
        within: Seconds that any step may take.
    """

    def __init__(self, client: Client, *, within: float) -> None:
        self._client = client
        self._within = within
        self._domain = f"{token_hex(8)}.example.com"
        self._left_over = False

    def findings(self) -> Iterator[Finding]:
        """Tell how far it comes. Whatever happens, it is erased again."""
        yield from self._erase_abandoned()
        with self._client.stream(
            start="now", email_domain=self._domain, give_up_after=self._within
        ) as stream:
            try:
                yield from self._pass(stream)
            finally:
                # Also if somebody presses Ctrl-C, or reads no further, or the answer to the
                # import is lost.
                if self._left_over:
                    self._erase_unseen()

    def _pass(self, stream: Stream) -> Iterator[Finding]:
        began = time.monotonic()
        try:
            next(stream.frames())
            receipt = self._imported()
        except LeadwireError as failed:
            yield error(_CHECK, f"a lead cannot be imported: {failed}", _todo(failed))
            return
        if not receipt.imported:
            reasons = ", ".join(each.reason for each in receipt.failures)
            yield error(_CHECK, f"a lead was not imported: {reasons}", "look at import-svc")
            return
        yield from self._follow(stream, began)

    def _follow(self, stream: Stream, began: float) -> Iterator[Finding]:
        try:
            lead = next(each.lead for each in stream if isinstance(each, Put))
        except (LeadwireError, StopIteration) as failed:
            yield error(
                _CHECK,
                f"a lead was imported, but did not come into the stream within "
                f"{self._within:g} s: {failed}",
                _LOG,
            )
            yield self._erase_unseen()
            return
        yield ok(_CHECK, f"imported, it is in the stream after {_since(began)}")
        yield self._taken_up(lead)
        erased = self._erase(lead)
        yield erased
        if not self._left_over:
            yield self._left(stream)

    def _imported(self) -> Receipt:
        """Import it; with another number if somebody has that one."""
        for _ in range(_TRIES):
            row = {
                "name": "Leadwire",
                "family_name": "Doctor",
                "email": f"{_NAME}@{self._domain}",
                "cellphone": f"+1{choice(_AREAS)}55501{randbelow(100):02}",
            }
            self._left_over = True
            receipt = self._client.import_leads([row])
            self._left_over = receipt.imported > 0
            if "cellphone_exists" not in {c for each in receipt.failures for c in each.codes}:
                break
        return receipt

    def _taken_up(self, lead: Lead) -> Finding:
        try:
            list(self._client.history(lead.id))
        except LeadwireError as failed:
            return error(
                _CHECK,
                f"manager-svc has not heard of it: {failed}",
                "look at the log of manager-svc, and whether the broker passes events on",
            )
        return ok(_CHECK, "manager-svc knows it")

    def _erase(self, lead: Lead) -> Finding:
        try:
            self._client.erase_lead(lead.id)
        except LeadwireError as failed:
            return error(
                _CHECK,
                f"it cannot be erased: {failed}",
                f"erase it by hand: DELETE /v1/leads/{lead.id}",
            )
        self._left_over = False
        return ok(_CHECK, "it is erased")

    def _left(self, stream: Stream) -> Finding:
        began = time.monotonic()
        try:
            next(each for each in stream if isinstance(each, Gone))
        except (LeadwireError, StopIteration) as failed:
            return error(_CHECK, f"the stream does not tell that it is erased: {failed}", _LOG)
        return ok(_CHECK, f"the stream tells that after {_since(began)}")

    def _erase_unseen(self) -> Finding:
        """Erase it although no stream told which it is, if the list knows it by now."""
        try:
            lead = next(self._client.leads(email_domain=self._domain), None)
        except LeadwireError:
            lead = None
        if lead is not None:
            return self._erase(lead)
        return warning(
            _CHECK,
            "it could not be erased, since it is not to be found",
            "run this command again when the above is mended: it erases what was left",
        )

    def _erase_abandoned(self) -> Iterator[Finding]:
        """Erase what runs before this one left behind, if they were killed."""
        try:
            for lead in self._client.leads(q=f"{_NAME}@"):
                old = datetime.now(UTC) - lead.created_at > _ABANDONED_AFTER
                if old and _EMAIL.fullmatch(lead.email):
                    self._client.erase_lead(lead.id)
                    yield note(_CHECK, f"one of an earlier run was left, and is erased: {lead.id}")
        except LeadwireError as failed:
            yield warning(_CHECK, f"what earlier runs left cannot be looked for: {failed}", _LOG)


def _todo(failed: LeadwireError) -> str:
    if isinstance(failed, AccessError):
        return "use credentials that may import leads, or leave --write out"
    return _LOG


def _since(began: float) -> str:
    return f"{(time.monotonic() - began) * 1000:.0f} ms"
