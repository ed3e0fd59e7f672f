"""One run: start everything, work while the plan is worked off, wait for quiet, look, judge."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import aiohttp

from chaos.caller import Caller
from chaos.cluster import Cluster, running_cluster
from chaos.evidence import Evidence
from chaos.faults import Course, Faults
from chaos.judge import Finding, judge
from chaos.ledger import Ledger, Notes
from chaos.load import Load
from chaos.plan import SERVICES, Plan
from chaos.projection import read_projection
from chaos.quiet import wait_for_quiet
from chaos.subscribers import SubscriberProcess
from chaos.witness import Witness, connected

Say = Callable[[str], None]

LONGEST: Final = 3.0
"""Times its planned length, and `SLACK` seconds more, that a run may take until its last fault."""

SLACK: Final = 120.0

_SAY_EVERY: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a run."""

    plan: Plan
    course: Course
    evidence: Evidence
    findings: list[Finding]


async def run(plan: Plan, *, directory: Path, say: Say) -> Outcome:
    """Work off a plan.

    Args:
        plan: What is to happen.
        directory: For the ledger, the subscribers' stores and all logs.
        say: Told how it goes.

    Raises:
        TimeoutError: The faults, or what followed, took much longer than planned.
    """
    say("starting two replicas of each service, RabbitMQ, Postgres and two subscribers")
    ledger = directory / "ledger.jsonl"
    async with running_cluster(directory) as cluster, aiohttp.ClientSession() as session:
        async with connected(cluster.admin_database) as connection:
            await Witness(connection).install()
        course = await _turmoil(cluster, session, plan, ledger=ledger, say=say)
        say("all faults are over: waiting for quiet")
        async with connected(cluster.admin_database) as connection:
            witness = Witness(connection)
            moving = await wait_for_quiet(cluster, witness, say=say)
            evidence = await _gather(cluster, witness, session, ledger)
    evidence.moving, evidence.ended, evidence.poison = moving, course.ended, course.poison
    return Outcome(plan=plan, course=course, evidence=evidence, findings=judge(evidence))


async def _turmoil(
    cluster: Cluster, session: aiohttp.ClientSession, plan: Plan, *, ledger: Path, say: Say
) -> Course:
    chance = Random(plan.seed)
    faults = Faults(cluster=cluster, say=say)
    with Ledger(ledger) as taking_notes:
        replicas = {name: [each.process.url for each in cluster.of(name)] for name in SERVICES}
        caller = Caller(session=session, replicas=replicas, ledger=taking_notes, chance=chance)
        load = Load(caller=caller, chance=chance)
        await load.add_webhook(cluster.endpoint.url, secret=cluster.endpoint.secret)
        await load.hire()
        async with asyncio.timeout(plan.seconds * LONGEST + SLACK), asyncio.TaskGroup() as tasks:
            telling = tasks.create_task(_tell(load, say))
            tasks.create_task(load.run())
            tasks.create_task(_join_late(cluster.late, load, after=plan.seconds / 2))
            async with asyncio.TaskGroup() as acts:
                acts.create_task(faults.run(plan))
                acts.create_task(asyncio.sleep(plan.seconds))
            load.stop()
            telling.cancel()
    return faults.course


async def _join_late(late: SubscriberProcess, load: Load, *, after: float) -> None:
    """Subscribe when much has happened, and ask for what was before."""
    await asyncio.sleep(after)
    await late.start()
    await load.replay(late.queue)


async def _tell(load: Load, say: Say) -> None:
    while True:
        await asyncio.sleep(_SAY_EVERY)
        say(f"{load.imported} leads imported, {load.marked} marked")


async def _gather(
    cluster: Cluster, witness: Witness, session: aiohttp.ClientSession, ledger: Path
) -> Evidence:
    sent = cluster.mail.sent()
    return Evidence(
        notes=Notes.read(ledger),
        committed=await witness.committed(),
        journaled=await witness.journaled(),
        received={name: each.received() for name, each in cluster.readers.items()},
        journal_readers=cluster.readers_of_journal.keys(),
        redacted=await witness.redacted(),
        kept_whole=await witness.kept_whole(),
        planned=await witness.planned(),
        owned=await witness.owned(),
        projected=await read_projection(session, cluster.of("stream_svc")[0].process.url),
        projected_revs=await witness.projected_revs(),
        emails=[
            (lead, sent[lead, "acknowledgement"], sent[lead, "alert"])
            for lead in await witness.form_leads()
        ],
        copies=cluster.mail.repeated,
        parked=await witness.parked(),
    )
