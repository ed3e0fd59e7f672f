"""Text of other people on a terminal, and values for programs."""

import json
import sys

from leadwire_client._core.decoding import encode


def printable(text: str) -> str:
    """Give text without what a terminal would obey, as escape sequences or line breaks."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def as_json(value: object) -> str:
    """Give a value as JSON on one line, in ASCII."""
    return json.dumps(json.loads(encode(value)))


def print_lines(*lines: str) -> None:
    """Print lines, each of which stays one."""
    sys.stdout.write("".join(f"{printable(line)}\n" for line in lines))


def print_json(value: object) -> None:
    """Print a value as a line of JSON."""
    sys.stdout.write(f"{as_json(value)}\n")
