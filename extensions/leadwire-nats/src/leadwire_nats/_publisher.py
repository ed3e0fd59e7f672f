"""Publish a batch: who wants what, a copy for each, and the answers within a deadline."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from leadwire.broker import (
    Accepted,
    BrokerUnavailableError,
    Message,
    Outcome,
    Rejected,
    Unknown,
    Unroutable,
)
from leadwire_nats._answers import Answer, Answers
from leadwire_nats._link import GONE, Connection, Link, describe
from leadwire_nats._names import Names
from leadwire_nats._wire import encoded, refusal

_TOO_LARGE: Final = 10054
_STREAM_NAMES: Final = "$JS.API.STREAM.NAMES"


@dataclass(slots=True)
class _Sent:
    """A message under way.

    Attributes:
        copies: How many subscriptions want it.
        answers: The server's answer to each copy that was sent.
    """

    copies: int
    answers: list[Answer] = field(default_factory=list)


@dataclass(slots=True)
class _Batch:
    """What is known of each message of a batch, by its position: what was refused, or sent.

    Attributes:
        messages: The batch.
        refused: Outcomes of what was not sent.
        sent: What was.
    """

    messages: Sequence[Message]
    refused: dict[int, Outcome] = field(default_factory=dict)
    sent: dict[int, _Sent] = field(default_factory=dict)

    def outcomes(self, otherwise: Outcome) -> list[Outcome]:
        """Return all outcomes; `otherwise` for messages of which nothing is known."""
        return [
            _outcome(self.sent[each]) if each in self.sent else self.refused.get(each, otherwise)
            for each in range(len(self.messages))
        ]


class Publisher:
    """Publishes over a link.

    The server is asked for each batch who wants what is in it, so that a subscription that was
    declared a moment ago, by whomever, is not passed by.

    Args:
        link: The connection for publishing.
        names: Names on the server.
        timeout: Seconds within which a batch is answered.
    """

    def __init__(self, *, link: Link, names: Names, timeout: float) -> None:
        self._link = link
        self._names = names
        self._timeout = timeout
        self._under_way: set[asyncio.Task[Sequence[Outcome]]] = set()

    async def publish(self, batch: Sequence[Message], *, only: str | None) -> Sequence[Outcome]:
        """Publish a batch; see `leadwire.broker.Broker.publish`."""
        publishing = asyncio.create_task(self._publish(batch, only), name="publish")
        self._under_way.add(publishing)
        publishing.add_done_callback(self._under_way.discard)
        return await publishing

    async def settle_down(self) -> None:
        """Return when no publication is under way any more."""
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def _publish(self, messages: Sequence[Message], only: str | None) -> Sequence[Outcome]:
        batch = _Batch(messages)
        connection: Connection | None = None
        reason = "it was not sent"
        try:
            async with asyncio.timeout(self._timeout):
                connection = await self._link.get()
                async with Answers.to_a_batch(connection) as answers:
                    await self._send(connection, answers, batch, only)
                    await answers.all()
        except (*GONE, BrokerUnavailableError) as error:
            reason = f"no answer: {describe(error)}"
            if connection is not None:
                # What it still holds would come after what is published next.
                self._link.discard(connection)
        return batch.outcomes(Unknown(reason))

    async def _send(
        self, connection: Connection, answers: Answers, batch: _Batch, only: str | None
    ) -> None:
        passable = _passable(batch, max_payload=connection.max_payload)
        types = {batch.messages[position].type for position in passable}
        ways = await self._ways(connection, types, only)
        for position, headers in passable.items():
            message = batch.messages[position]
            subjects = ways[message.type]
            if not subjects:
                batch.refused[position] = Unroutable()
                continue
            copies = batch.sent[position] = _Sent(len(subjects))
            for subject in subjects:
                copies.answers.append(await answers.send(subject, message.body, headers))

    async def _ways(
        self, connection: Connection, types: set[str], only: str | None
    ) -> Mapping[str, Sequence[str]]:
        """Return the subjects to publish to, by type."""
        if only is not None:
            directed = self._names.directed(only)
            subjects = [directed] if await _streams(connection, directed) else []
            return dict.fromkeys(types, subjects)
        asked = sorted(types)
        found = await asyncio.gather(
            *(_streams(connection, self._names.wanted(each)) for each in asked)
        )
        return {
            event_type: self._names.event_subjects(streams, event_type)
            for event_type, streams in zip(asked, found, strict=True)
        }


def _passable(batch: _Batch, *, max_payload: int) -> Mapping[int, dict[str, str]]:
    """Return the headers of what can be sent, by position; note what cannot as refused."""
    passable: dict[int, dict[str, str]] = {}
    for position, message in enumerate(batch.messages):
        headers = encoded(message)
        if (reason := refusal(message, headers, max_payload=max_payload)) is not None:
            batch.refused[position] = Rejected(reason, permanent=True)
        else:
            passable[position] = headers
    return passable


async def _streams(connection: Connection, subject: str) -> list[str]:
    """Return the names of the streams that take something of a subject."""
    answer = await connection.ask(_STREAM_NAMES, {"subject": subject})
    names: list[str] = answer["streams"] or []
    if answer["total"] > len(names):
        raise BrokerUnavailableError(f"NATS: more than {len(names)} streams take {subject}")
    return names


def _outcome(sent: _Sent) -> Outcome:
    """Tell what the answers to all copies say together."""
    outcomes = [_answer(each) for each in sent.answers]
    if len(outcomes) < sent.copies:
        return Unknown("it was not sent to every subscription")
    for kind in (Unknown, Rejected):
        for outcome in outcomes:
            if isinstance(outcome, kind):
                return outcome
    return Accepted()


def _answer(answer: Answer) -> Outcome:
    if not answer.done():
        return Unknown("no answer in time")
    message = answer.result()
    if (message.headers or {}).get("Status"):
        # No stream listens, though one was there a moment ago: it has no leader, or is gone.
        return Unknown("the subscription's stream did not answer")
    error = json.loads(message.data).get("error")
    if error is None:
        return Accepted()
    code = error.get("err_code")
    return Rejected(f"{error.get('description')} ({code})", permanent=code == _TOO_LARGE)
