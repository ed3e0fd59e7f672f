"""Tags name a state of one side of a lead: `contact-3`, `work-7`."""

import re
from dataclasses import dataclass
from typing import Final, Literal

_TAG: Final = re.compile(r"(contact|work)-([1-9][0-9]{0,17})")


class InvalidTagError(ValueError):
    """The text is no tag."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A side of a lead at a `rev`."""

    side: Literal["contact", "work"]
    rev: int

    @classmethod
    def parse(cls, text: str) -> "Tag":
        """Read a tag.

        Raises:
            InvalidTagError: The text is none.
        """
        found = _TAG.fullmatch(text)
        if found is None:
            raise InvalidTagError("must be a tag as contact-3 or work-7")
        return cls("contact" if found[1] == "contact" else "work", int(found[2]))

    def is_reached(self, *, contact_rev: int, work_rev: int) -> bool:
        """Tell whether sides with these revs are at this state or a later one."""
        return (contact_rev if self.side == "contact" else work_rev) >= self.rev


def contact_tag(rev: int) -> str:
    """Name the contact side of a lead at a `rev`."""
    return f"contact-{rev}"


def work_tag(rev: int) -> str:
    """Name the work side of a lead at a `rev`."""
    return f"work-{rev}"
