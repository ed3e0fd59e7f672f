"""A consumer's session on a connection of its own; see `leadwire.broker.pull`."""

from collections.abc import Callable, Sequence
from typing import Self

import asyncpg
import orjson
import structlog

from leadwire.broker.errors import BrokerUnavailableError
from leadwire.broker.port import Delivery, Message, Subscription
from leadwire.broker.postgres._connections import (
    UNAVAILABLE,
    connect,
    session_settings,
    unavailable,
)
from leadwire.broker.pull import Claim, Postponed
from leadwire.db import DedicatedConnection, Queries

log = structlog.get_logger(__name__)

QUERIES = Queries("leadwire.broker.postgres.sql")

CLOSE_WITHIN = 2.0
"""Seconds for a polite end of a session."""


class PostgresSession:
    """The session of a consumer that competes with others.

    Made by `open`. One task uses it at a time.
    """

    def __init__(
        self,
        *,
        connection: DedicatedConnection,
        url: str,
        subscription: Subscription,
        subscription_id: int,
        number: int,
    ) -> None:
        self.subscription = subscription
        self.subscription_id = subscription_id
        self.number = number
        self._connection = connection
        self._url = url

    @classmethod
    async def open(
        cls,
        *,
        url: str,
        name: str,
        subscription: Subscription,
        statement_within: float,
        wake: Callable[[], None],
    ) -> Self:
        """Connect, take a session number with its lock, and listen.

        Raises:
            BrokerUnavailableError: The server did not answer, or the subscription is gone.
        """
        settings = session_settings(name=name, statement_within=statement_within)
        connection = await connect(url, settings=settings, statement_within=statement_within)
        try:
            with unavailable(url):
                row = await _register(connection, subscription.name, wake)
        except BaseException:
            connection.terminate()
            raise
        return cls(
            connection=connection,
            url=url,
            subscription=subscription,
            subscription_id=row["subscription_id"],
            number=row["number"],
        )

    async def claim(self, limit: int) -> Sequence[Claim]:
        """Claim up to `limit` deliveries that are due."""
        rows = await self.fetch("claim_deliveries", self.subscription_id, self.number, limit)
        return [self.claim_of(row) for row in rows]

    async def finish(self, claims: Sequence[Claim]) -> None:
        """Delete the deliveries, and the messages that have no other."""
        numbers = [claim.number for claim in claims]
        sessions = [claim.session for claim in claims]
        await self.fetch("finish_deliveries", self.subscription_id, numbers, sessions)
        await self.fetch("delete_handled_messages", numbers)

    async def postpone(self, postponed: Sequence[Postponed]) -> None:
        """Free the deliveries for later."""
        await self.fetch(
            "postpone_deliveries",
            self.subscription_id,
            [each.claim.number for each in postponed],
            [each.claim.session for each in postponed],
            [each.delivery.attempt for each in postponed],
            [each.delivery.excused for each in postponed],
            [each.delay for each in postponed],
        )

    async def give_back(self, claims: Sequence[Claim]) -> None:
        """Free the deliveries as they were."""
        await self.fetch("give_back_deliveries", self.number, [claim.number for claim in claims])

    async def sweep(self) -> None:
        """Free what vanished consumers of the subscription held."""
        await self.fetch("free_lost_deliveries", self.subscription_id)

    async def close(self) -> None:
        """Give everything back, have the others look, and disconnect."""
        try:
            if not self._connection.is_closed():
                await self._release()
            await self._connection.close(timeout=CLOSE_WITHIN)
        except UNAVAILABLE as error:
            log.info("session_cut", session=self.number, error=type(error).__name__)
        finally:
            # Without effect on a connection that is closed.
            self._connection.terminate()

    def abort(self) -> None:
        """Cut the connection."""
        self._connection.terminate()

    async def fetch(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        """Run a query of the package by its name.

        Raises:
            BrokerUnavailableError: The session is lost, or the server too slow.
        """
        with unavailable(self._url):
            return await self._connection.fetch(QUERIES[query], *arguments)

    def claim_of(self, row: asyncpg.Record) -> Claim:
        """Return what a row of a claiming query stands for."""
        message = Message(
            id=row["message_id"],
            type=row["type"],
            body=row["body"],
            headers=orjson.loads(row["headers"]),
            content_type=row["content_type"],
        )
        delivery = Delivery(
            message=message,
            subscription=self.subscription.name,
            attempt=row["attempt"],
            excused=row["excused"],
        )
        return Claim(
            number=row["message_number"],
            session=self.number,
            delivery=delivery,
            losses=row["losses"],
        )

    async def _release(self) -> None:
        for query, argument in (
            ("release_session", self.number),
            ("wake_consumers", self.subscription_id),
        ):
            await self._connection.execute(QUERIES[query], argument, timeout=CLOSE_WITHIN)


async def _register(
    connection: DedicatedConnection, subscription: str, wake: Callable[[], None]
) -> asyncpg.Record:
    """Take a session number and listen; return the number and the subscription's id."""
    try:
        row = await connection.fetchrow(QUERIES["open_session"], subscription)
    except asyncpg.UndefinedTableError:
        row = None
    if row is None:
        raise BrokerUnavailableError(f"subscription {subscription} is not declared")
    connection.add_termination_listener(lambda _: wake())
    channel = f"leadwire_broker_{row['subscription_id']}"
    await connection.add_listener(channel, lambda *_: wake())
    await connection.execute(QUERIES["delete_stray_messages"])
    return row
