"""Fill the templates of `mail/templates`: plain text whose first line is the subject."""

from dataclasses import dataclass
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from leadwire.contracts import Contact

_SUBJECT: Final = "Subject: "


@dataclass(frozen=True, slots=True)
class Letter:
    """What an email says.

    Attributes:
        subject: One line.
        text: The rest.
    """

    subject: str
    text: str


class Letters:
    """The letters that notifier-svc writes."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("notifier_svc.mail"),
            autoescape=select_autoescape(),  # the .txt templates are not HTML: nothing is escaped
            undefined=StrictUndefined,
            keep_trailing_newline=True,
        )

    def write(self, name: str, lead: Contact) -> Letter:
        """Fill the template of that name for a lead.

        The subject is one line whose words are parted by single spaces, whatever white space
        the lead's names bring along.
        """
        rendered = self._environment.get_template(f"{name}.txt").render(lead=lead)
        first_line, _, text = rendered.partition("\n")
        if not first_line.startswith(_SUBJECT):
            raise ValueError(f"the template {name}.txt does not begin with {_SUBJECT!r}")
        subject = " ".join(first_line.removeprefix(_SUBJECT).split())
        return Letter(subject=subject, text=text.lstrip("\n"))
