"""What is refused before it is parsed."""

import pytest

from scrapers.fetching.content_types import refuse_content
from scrapers.source_files.model import FetchRules


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/html; charset=utf-8", b"<p>"),
        ("", b"<p>"),
        ("application/octet-stream", b'{"a": 1}'),
        ("application/ld+json", b"{}"),
        ("application/rss+xml", b"<rss>"),
        ("image/svg+xml", b"<svg>"),
        ("text/html", b"\xff\xfe<\0p\0>\0"),
        ("text/html; charset=utf-16le", b"<\0p\0>\0"),
        ("text/csv", b"a,b"),
        ("text/html", b"GIFts for everybody"),
    ],
)
def test_what_may_be_a_page_is_let_through(content_type: str, body: bytes) -> None:
    assert refuse_content(FetchRules(), content_type, body) is None


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("image/jpeg", b""),
        ("VIDEO/MP4", b""),
        ("application/pdf", b""),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b""),
        ("text/html", b"%PDF-1.4"),
        ("", b"PK\x03\x04...."),
        ("application/json", b"\x1f\x8b\x08\0\0"),
        ("text/plain", b"abc\0def"),
    ],
)
def test_binary_files_are_refused_by_type_or_by_their_first_bytes(content_type: str, body: bytes) -> None:
    assert refuse_content(FetchRules(), content_type, body)


def test_the_source_s_own_list_decides_alone() -> None:
    rules = FetchRules(content_types=["application/pdf", "text/*"])
    assert refuse_content(rules, "application/pdf", b"%PDF-1.4") is None
    assert refuse_content(rules, "Text/Plain; charset=x", b"a") is None
    assert (
        refuse_content(rules, "application/json", b"{}")
        == "content type application/json, expected application/pdf or text/*"
    )
