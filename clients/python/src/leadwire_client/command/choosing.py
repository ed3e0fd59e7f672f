"""Which leads: the arguments that lists and streams share."""

import argparse
from datetime import datetime
from typing import Any, Final, cast

from leadwire_client.filters import Filters

_NAMES: Final = {
    "status": "pending, reached_out, interested, not_interested; comma means any of",
    "manager-id": "ids of lead managers who hold them",
    "origin": "import, form, api",
    "import-id": "ids of imports",
    "email-domain": "what follows the @",
}


def add_filters(parser: argparse.ArgumentParser) -> None:
    """Add the filters."""
    for name, meaning in _NAMES.items():
        parser.add_argument(f"--{name}", help=meaning)
    held = parser.add_mutually_exclusive_group()
    held.add_argument("--assigned", action="store_true", default=None, help="somebody holds them")
    held.add_argument("--waiting", action="store_true", default=None, help="nobody holds them")
    moments = {"created-after": "came in then or later", "created-before": "came in before"}
    for name, meaning in moments.items():
        parser.add_argument(
            f"--{name}",
            type=moment,
            metavar="MOMENT",
            help=f"{meaning}: 2026-01-31, or 2026-01-31T09:00, in local time unless it says +01:00",
        )


def filters_of(given: argparse.Namespace) -> Filters:
    """Give the filters that were given."""
    names = [name.replace("-", "_") for name in (*_NAMES, "created-after", "created-before")]
    found: dict[str, Any] = {name: getattr(given, name) for name in names}
    found["assigned"] = True if given.assigned else False if given.waiting else None
    return cast("Filters", {name: value for name, value in found.items() if value is not None})


def moment(text: str) -> datetime:
    """Read a moment; one without a time zone is in that of this machine, a day its beginning.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    try:
        read = datetime.fromisoformat(text)
        return read if read.tzinfo is not None else read.astimezone()
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no moment: give a day as 2026-01-31, or a time of it as "
            "2026-01-31T09:00, in local time, or as 2026-01-31T09:00+01:00"
        ) from None
