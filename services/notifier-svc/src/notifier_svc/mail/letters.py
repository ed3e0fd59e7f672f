"""Fill the templates of emails.

A letter is a text, `acknowledgement.txt`, whose first line is the subject, and usually the same
as HTML, `acknowledgement.html`. An operator's directory replaces a letter as a whole: one that
has only a text there has no HTML. All templates are compiled and tried at the start, and not
read again: what is broken shows then, and not when a lead comes in.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    Template,
    TemplateError,
    select_autoescape,
)

from leadwire.contracts import Contact, Origin
from notifier_svc.domain.deliveries import DeliveryKind
from notifier_svc.mail.errors import EmailConfigurationError
from notifier_svc.mail.legible import legible_contact

_SUBJECT: Final = "Subject: "
_LONGEST_SUBJECT: Final = 200

KINDS: Final = (DeliveryKind.ACKNOWLEDGEMENT, DeliveryKind.ALERT)
"""What there are letters for."""

_BREAKS: Final = (
    TemplateError,
    ValueError,
    # What a template's expressions come to when they are wrong about their values.
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    OSError,
)

_WITH_ALL: Final = Contact(
    id=UUID("01980000-0000-7000-8000-000000000000"),
    name="Ada",
    family_name="Lovelace",
    email="ada@example.com",
    cellphone="+14155550123",
    origin=Origin.FORM,
    import_id=None,
    has_resume=True,
    created_at=datetime(2026, 1, 31, 9, tzinfo=UTC),
    updated_at=datetime(2026, 1, 31, 9, tzinfo=UTC),
    rev=1,
)
_SAMPLES: Final = (
    _WITH_ALL,
    _WITH_ALL.model_copy(update={"cellphone": None, "has_resume": False}),
)


@dataclass(frozen=True, slots=True)
class Letter:
    """What an email says.

    Attributes:
        subject: One line.
        text: The rest.
        html: The same as HTML, if there is such a template.
    """

    subject: str
    text: str
    html: str | None


class Letters:
    """The letters that notifier-svc writes.

    Args:
        directory: Where an operator has templates of his own.

    Raises:
        EmailConfigurationError: A template is missing or broken; it says which and why.
    """

    def __init__(self, *, directory: Path | None = None) -> None:
        loader: BaseLoader = PackageLoader("notifier_svc.mail")
        own: frozenset[str] = frozenset()
        if directory is not None:
            own = _templates_in(directory)
            loader = ChoiceLoader([FileSystemLoader(directory), loader])
        environment = Environment(
            loader=loader,
            autoescape=select_autoescape(),  # the .txt templates are not HTML: nothing is escaped
            undefined=StrictUndefined,
            keep_trailing_newline=True,
            auto_reload=False,
        )
        self._templates = {kind: _load(environment, kind, own) for kind in KINDS}
        for kind in KINDS:
            for lead in _SAMPLES:
                self._try(kind, lead)

    def write(self, kind: DeliveryKind, lead: Contact) -> Letter:
        """Fill the templates of that kind for a lead.

        What the lead's fields bring along has no power over the form: there are no line
        breaks in them, nothing that turns the direction of what follows, and in HTML no markup.
        """
        text, html = self._templates[kind]
        lead = legible_contact(lead)
        first_line, _, rest = text.render(lead=lead).partition("\n")
        if not first_line.startswith(_SUBJECT):
            raise ValueError(f"it does not begin with {_SUBJECT!r}")
        subject = " ".join(first_line.removeprefix(_SUBJECT).split())
        if not subject or not rest.strip():
            raise ValueError("it has no subject or no text")
        return Letter(
            subject=subject[:_LONGEST_SUBJECT],
            text=rest.lstrip("\n"),
            html=None if html is None else html.render(lead=lead),
        )

    def _try(self, kind: DeliveryKind, lead: Contact) -> None:
        try:
            self.write(kind, lead)
        except _BREAKS as error:
            raise EmailConfigurationError(
                f"the template {kind} is broken: {type(error).__name__}: {error}"
            ) from None


def _templates_in(directory: Path) -> frozenset[str]:
    """Return the names of an operator's templates; those that begin with _ are his parts."""
    try:
        names = {path.name for path in directory.iterdir() if path.suffix in {".txt", ".html"}}
    except OSError as error:
        raise EmailConfigurationError(
            f"the directory of templates cannot be read: {type(error).__name__}"
        ) from None
    letters = {f"{kind}{suffix}" for kind in KINDS for suffix in (".txt", ".html")}
    if unknown := {name for name in names if not name.startswith("_")} - letters:
        raise EmailConfigurationError(
            f"{min(unknown)} is no template: there are {', '.join(sorted(letters))}; "
            "a part that they include has a name that begins with _"
        )
    for kind in KINDS:
        if f"{kind}.html" in names and f"{kind}.txt" not in names:
            raise EmailConfigurationError(f"{kind}.html lacks its {kind}.txt, with the subject")
    if not names & letters:
        raise EmailConfigurationError(f"the directory has none of {', '.join(sorted(letters))}")
    return frozenset(names)


def _load(
    environment: Environment, kind: DeliveryKind, own: frozenset[str]
) -> tuple[Template, Template | None]:
    """Compile the text, and the HTML if it belongs to that text."""
    has_html = f"{kind}.txt" not in own or f"{kind}.html" in own
    try:
        text = environment.get_template(f"{kind}.txt")
        return text, environment.get_template(f"{kind}.html") if has_html else None
    except _BREAKS as error:
        where = f", line {error.lineno}" if hasattr(error, "lineno") else ""
        raise EmailConfigurationError(
            f"the template {kind} is broken{where}: {type(error).__name__}: {error}"
        ) from None
