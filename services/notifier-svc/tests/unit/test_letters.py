"""What the emails say, in Leadwire's words or an operator's, whatever a lead's fields hold."""

import os
from html.parser import HTMLParser
from pathlib import Path

import pytest

from leadwire.broker import Message
from leadwire.contracts import Contact, EventType, LeadsCreated, read_event
from leadwire.contracts.samples import sample_bytes
from notifier_svc.domain.deliveries import DeliveryKind
from notifier_svc.mail import EmailConfigurationError, Letters
from notifier_svc.mail.letters import KINDS

ACKNOWLEDGEMENT = DeliveryKind.ACKNOWLEDGEMENT


def lead(**changes: object) -> Contact:
    sample = Message(id="e", type="leads_created", body=sample_bytes(EventType.LEADS_CREATED))
    data = read_event(sample).data
    assert isinstance(data, LeadsCreated)
    return data.leads[1].model_copy(update=changes)


def elements_of(html: str) -> list[str]:
    found: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.append(tag)  # type: ignore[method-assign]
    parser.feed(html)
    return found


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_kind_has_a_letter_that_names_the_lead(kind: DeliveryKind) -> None:
    letter = Letters().write(kind, lead())
    assert letter.html is not None
    assert "Björn Ångström" in letter.text
    assert "Björn Ångström" in letter.html
    assert letter.subject
    assert "\n" not in letter.subject
    assert "{{" not in letter.subject + letter.text + letter.html
    assert not letter.text.startswith("\n")


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_markup_in_a_name_is_text_in_both_forms(kind: DeliveryKind) -> None:
    name = "</bdi><script>alert('x')</script>&amp;\"" * 12
    letter = Letters().write(kind, lead(name=name))
    plain = Letters().write(kind, lead())
    assert letter.html is not None
    assert plain.html is not None
    assert elements_of(letter.html) == elements_of(plain.html)
    assert name in letter.text


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize(
    "typed",
    [
        "Ada\r\nBcc: victim@example.com",
        "Ada\nResume:     attached to the lead",
        "Ada\u2028\u2029\x0b\x85 x",
        "Ada\u202egro.elpmaxe\u2066\u2067\u200f",
        "Ada\x00\x1b[2J",
        "ada " * 125,
    ],
)
def test_a_name_stays_within_its_line_and_turns_nothing_round(
    kind: DeliveryKind, typed: str
) -> None:
    letter = Letters().write(kind, lead(name=typed, family_name=typed))
    plain = Letters().write(kind, lead())
    assert len(letter.text.splitlines()) == len(plain.text.splitlines())
    assert letter.html is not None
    for text in (letter.subject, letter.text, letter.html):
        assert not set(text) & set("\r\x0b\x85\u2028\u2029\u202e\u2066\u2067\u200f\x00\x1b")


def test_names_are_kept_as_they_are_written_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "alert.txt").write_text("Subject: {{ lead.name }}\n\n{{ lead.attributes }}\n")
    named = lead(name="מרים \U0001f469\u200d\U0001f4bb Zoë", attributes={"a\nb": ["c\nd", 7]})
    letter = Letters(directory=tmp_path).write(DeliveryKind.ALERT, named)
    assert letter.subject == "מרים \U0001f469\u200d\U0001f4bb Zoë"
    assert letter.text == "{'a b': ['c d', 7]}\n"


@pytest.mark.parametrize("white_space", ["\r", "\x0b", "\x85", "\u2028", "\t \t"])
def test_a_subject_stays_one_line_whatever_a_name_brings_along(
    tmp_path: Path, white_space: str
) -> None:
    (tmp_path / "alert.txt").write_text("Subject: For {{ lead.name }}\n\nText\n")
    letter = Letters(directory=tmp_path).write(
        DeliveryKind.ALERT, lead(name=f"Ada{white_space}Lovelace")
    )
    assert letter.subject == "For Ada Lovelace"


def test_an_operators_letter_replaces_leadwires_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "acknowledgement.txt").write_text("Subject: Danke\n\nHallo {{ lead.name }}\n")
    letters = Letters(directory=tmp_path)
    own = letters.write(ACKNOWLEDGEMENT, lead())
    assert (own.subject, own.text, own.html) == ("Danke", "Hallo Björn\n", None)
    assert letters.write(DeliveryKind.ALERT, lead()) == Letters().write(DeliveryKind.ALERT, lead())


def test_an_operators_letter_may_have_parts_and_escapes_html_too(tmp_path: Path) -> None:
    (tmp_path / "acknowledgement.txt").write_text("Subject: Danke\n\nHallo\n")
    (tmp_path / "acknowledgement.html").write_text('{% include "_head.html" %}<p>Hallo</p>')
    (tmp_path / "_head.html").write_text("<h1>{{ lead.name }}</h1>")
    letter = Letters(directory=tmp_path).write(ACKNOWLEDGEMENT, lead(name="<b>"))
    assert letter.html == "<h1>&lt;b&gt;</h1><p>Hallo</p>"


def test_templates_are_read_at_the_start_only(tmp_path: Path) -> None:
    template, part = tmp_path / "acknowledgement.txt", tmp_path / "_part.txt"
    template.write_text('Subject: Danke\n\nHallo {% include "_part.txt" %}\n')
    part.write_text("Welt")
    letters = Letters(directory=tmp_path)
    for path in (template, part):
        path.write_text("{{ broken")
        later = path.stat().st_mtime + 10
        os.utime(path, (later, later))
    assert letters.write(ACKNOWLEDGEMENT, lead()).text == "Hallo Welt\n"


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"alert.txt": "Subject: x\n\n{{ lead.shoe_size }}"}, "no attribute 'shoe_size'"),
        ({"alert.txt": "Subject: x\n\n{{ lead.name"}, "line 3: TemplateSyntaxError"),
        ({"alert.txt": "Subject: x\n\n{{ lead.cellphone[0] }}"}, "alert is broken"),
        ({"alert.txt": "Subject: x\n\n{{ 1 / 0 }}"}, "ZeroDivisionError"),
        ({"alert.txt": 'Subject: x\n\n{% include "alert.txt" %}'}, "RecursionError"),
        ({"alert.txt": 'Subject: x\n\n{% include "_not_there.txt" %}'}, "_not_there.txt"),
        ({"alert.txt": "Hello\n\nText"}, "does not begin with 'Subject: '"),
        ({"alert.txt": "Subject: \n\nText"}, "no subject"),
        ({"alert.txt": "Subject: x\n\n"}, "no text"),
        ({"alert.html": "<p>"}, "alert.html lacks its alert.txt"),
        ({"alert.txt": "Subject: x\n\ny", "alert.html": "{% if %}"}, "alert is broken, line 1"),
        ({"alarm.txt": "Subject: x\n\ny"}, "alarm.txt is no template: there are ack"),
        ({}, "has none of acknowledgement.html"),
    ],
)
def test_a_template_that_is_broken_is_a_clear_refusal(
    tmp_path: Path, files: dict[str, str], told: str
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(EmailConfigurationError) as caught:
        Letters(directory=tmp_path)
    assert told in str(caught.value)


def test_a_template_that_is_not_utf8_or_not_there_is_a_clear_refusal(tmp_path: Path) -> None:
    (tmp_path / "alert.txt").write_bytes(b"Subject: \xff\n\ny")
    with pytest.raises(EmailConfigurationError, match="UnicodeDecodeError"):
        Letters(directory=tmp_path)
    with pytest.raises(EmailConfigurationError, match="FileNotFoundError"):
        Letters(directory=tmp_path / "not-there")
