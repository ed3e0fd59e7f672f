"""What a resume is called, and when it is a link."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from import_svc.domain.resumes import ResumeFile, ResumeLink, resume_of_file, resume_of_text
from import_svc.http.resumes import as_attachment


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("cv.txt", "cv.txt"),
        ("CV.PDF", "CV.txt"),
        ("cv.final.v2", "cv.final.v2.txt"),
        ("cv.exe", "cv.exe.txt"),
        ("C:\\Users\\Ada\\cv.txt", "cv.txt"),
        ("../../etc/passwd", "passwd.txt"),
        ("..", "resume.txt"),
        (".txt", "txt.txt"),
        ("", "resume.txt"),
        (None, "resume.txt"),
        ('a"b<c>|?*:.txt', "a_b_c_____.txt"),
        ("cv\r\nX-Evil: 1.txt", "cvX-Evil_ 1.txt"),
        ("cv\u202etxt.exe", "cvtxt.exe.txt"),
        ("Zoë 工程师.docx", "Zoë 工程师.txt"),
        ("x" * 500, "x" * 150 + ".txt"),
    ],
)
def test_a_name_is_made_safe_and_says_what_the_file_is(given: str | None, name: str) -> None:
    assert resume_of_file(b"text", name=given).name == name


@given(st.text())
def test_any_name_becomes_one_header_that_tells_it(given: str) -> None:
    name = resume_of_file(b"text", name=given).name
    assert name.endswith(".txt")
    assert not set(name) & set('/\\:*?"<>|\r\n\0')
    header = as_attachment(name)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


def test_a_header_bears_the_name_twice() -> None:
    assert as_attachment("Zoë (100%).pdf") == (
        "attachment; filename=\"Zo_ (100_).pdf\"; filename*=UTF-8''Zo%C3%AB%20%28100%25%29.pdf"
    )


@pytest.mark.parametrize(
    "url", ["http://a.example/cv", "HTTPS://example.com", " https://x/?a=b#c "]
)
def test_an_http_url_alone_is_a_link(url: str) -> None:
    assert resume_of_text(url) == ResumeLink(url=url.strip())


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com and more",
        "ftp://example.com/cv",
        "javascript:alert(1)",
        "https://",
        "https:///cv",
        "http://[",
        f"https://example.com/{'x' * 2_048}",
        "www.example.com",
    ],
)
def test_anything_else_is_text(text: str) -> None:
    found = resume_of_text(text)
    assert isinstance(found, ResumeFile)
    assert (found.content, found.name) == (text.encode(), "resume.txt")


def test_blank_text_is_no_resume() -> None:
    assert resume_of_text(" \r\n\t") is None
