"""What clients attempted and what they were answered, in a file outside of the system.

A line is written before a request is sent and another after its answer came, each before
anything else happens, so that the file is true also if whoever writes it is killed.
"""

import json
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from chaos.facts import Fact


class Ledger:
    """Takes notes of attempts and answers; a context manager.

    Args:
        path: The file, which is begun anew.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", buffering=1)
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    def attempt(self, facts: Collection[Fact]) -> int:
        """Note what is about to be asked for; return the number to note its answer by."""
        self._number += 1
        self._note({"attempt": self._number, "facts": [list(fact) for fact in facts]})
        return self._number

    def answer(self, number: int, *, done: bool, said: str) -> None:
        """Note the last answer to an attempt.

        Args:
            number: Of the attempt.
            done: Whether it was done.
            said: What the service said instead, if it should have done it.
        """
        self._note({"answer": number, "done": done, "said": said})

    def _note(self, what: dict[str, object]) -> None:
        self._file.write(json.dumps({"at": time.time(), **what}) + "\n")


@dataclass(slots=True)
class Notes:
    """What a ledger says.

    Attributes:
        attempted: Everything that was asked for.
        confirmed: What was answered to be done.
        refused: What services said where they should have done it, each in a line.
    """

    attempted: set[Fact] = field(default_factory=set)
    confirmed: set[Fact] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a ledger."""
        notes, facts_of = cls(), dict[int, list[Fact]]()
        for line in _lines(path):
            if "attempt" in line:
                facts = [tuple(fact) for fact in line["facts"]]
                facts_of[line["attempt"]] = facts
                notes.attempted.update(facts)
            elif line["done"]:
                notes.confirmed.update(facts_of[line["answer"]])
            elif line["said"]:
                notes.refused.append(line["said"])
        return notes


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
