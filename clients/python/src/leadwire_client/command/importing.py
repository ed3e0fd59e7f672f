"""`leadwire import`."""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Final

from leadwire_client.client import Client
from leadwire_client.command import exits, failure_file
from leadwire_client.command.bar import Bar
from leadwire_client.command.connecting import client_of
from leadwire_client.command.model import Command
from leadwire_client.command.printable import printable
from leadwire_client.models import Failure, Receipt

_SUMMARY: Final = "import leads from a file"
_DESCRIPTION: Final = """\
Import leads from a CSV, JSON or NDJSON file, packed (.gz) or not, and account for every row.
A connection that breaks is no harm: the file is sent again, and no row is imported twice.

exit codes:
  0  every row was imported
  1  some rows were not; --failures lists them
  2  wrong arguments
  3  the server refused, or the import ended before its file did
  4  the server could not be reached
"""
TYPES: Final = {
    "csv": "text/csv",
    "json": "application/json",
    "ndjson": "application/x-ndjson",
}
_SHOWN: Final = 10
_BACKGROUND_WITHIN: Final = 24 * 3600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what it takes."""
    parser.add_argument("file", metavar="FILE", help="what to import; - for standard input")
    parser.add_argument("--type", choices=TYPES, help="what FILE is, if its name does not say")
    parser.add_argument("--region", help="of national phone numbers, for example US")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="FIELD:COLUMN",
        help="which column is what, for example 'cellphone:Phone 1'; may be repeated",
    )
    parser.add_argument("--dry-run", action="store_true", help="check all, store nothing")
    parser.add_argument(
        "--background", action="store_true", help="let the server work it off, and watch"
    )
    parser.add_argument(
        "--key", help="a name of this import: the same name and file import nothing twice"
    )
    parser.add_argument(
        "--failures", type=Path, metavar="FILE", help="write rows that failed there, as CSV"
    )
    parser.add_argument("--json", action="store_true", help="print the receipt as JSON")
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def run(given: argparse.Namespace) -> int:
    """Import; return the exit code."""
    columns = dict(_mapped(each) for each in given.map)
    if given.failures is not None:
        failure_file.make_ready(given.failures, source=given.file)
    with client_of(given) as client:
        source = _source(given)
        with Bar(sys.stderr, "sending", quiet=given.quiet) as bar:
            receipt = client.import_leads(
                source,
                content_type=TYPES.get(given.type),
                region=given.region,
                columns=columns,
                dry_run=given.dry_run,
                background=given.background,
                idempotency_key=given.key,
                progress=bar.update,
            )
        receipt = _ended(client, receipt, quiet=given.quiet)
        _show(receipt, as_json=given.json, listed=given.failures is not None)
        if given.failures is not None:
            failure_file.write(given.failures, _failures(client, receipt))
    return exit_code_of(receipt)


def exit_code_of(receipt: Receipt) -> int:
    """Give the exit code that a receipt means."""
    if receipt.status != "completed":
        return exits.REFUSED
    return exits.ROWS_FAILED if receipt.failed else exits.DONE


def _mapped(text: str) -> tuple[str, str]:
    field, colon, column = text.partition(":")
    if not (field and colon and column):
        raise ValueError(f"--map {text}: write it as FIELD:COLUMN")
    return field, column


def _source(given: argparse.Namespace) -> Path | BinaryIO:
    if given.file != "-":
        return Path(given.file)
    if given.type is None:
        raise ValueError("say with --type what standard input is: csv, json or ndjson")
    return sys.stdin.buffer


def _ended(client: Client, receipt: Receipt, *, quiet: bool) -> Receipt:
    if not receipt.running:
        return receipt
    with Bar(sys.stderr, "importing", quiet=quiet) as bar:

        def show(now: Receipt) -> None:
            done = now.progress.bytes_done if now.progress else 0
            total = now.progress.bytes_total if now.progress else None
            bar.update(done, total, f"{now.imported} imported, {now.failed} failed")

        return client.wait_for_import(receipt.id, within=_BACKGROUND_WITHIN, progress=show)


def _failures(client: Client, receipt: Receipt) -> Iterable[Failure]:
    """Give all failures; a dry run keeps no more than its receipt has."""
    if receipt.failures_url is None or len(receipt.failures) == receipt.failed:
        return receipt.failures
    return client.import_failures(receipt.id)


def _show(receipt: Receipt, *, as_json: bool, listed: bool) -> None:
    if as_json:
        counts = {name: getattr(receipt, name) for name in ("received", "imported", "failed")}
        told = {"id": str(receipt.id), "status": str(receipt.status), **counts}
        sys.stdout.write(json.dumps(told) + "\n")
        return
    would = "would be " if receipt.dry_run else ""
    summary = (
        f"{receipt.imported} of {receipt.received} rows {would}imported, {receipt.failed} failed"
    )
    lines = [f"{summary} (import {receipt.id}, {receipt.status})"]
    if receipt.error is not None:
        lines.append(printable(f"it ended early: {receipt.error.detail or receipt.error.code}"))
    if not listed:
        lines += [
            f"  row {each.row}: {printable(each.reason)}" for each in receipt.failures[:_SHOWN]
        ]
        if receipt.failed > _SHOWN:
            lines.append(f"  and {receipt.failed - _SHOWN} more: --failures FILE lists them all")
    sys.stdout.write("\n".join(lines) + "\n")


COMMAND: Final = Command(
    name="import",
    summary=_SUMMARY,
    description=_DESCRIPTION,
    add_arguments=add_arguments,
    run=run,
)
