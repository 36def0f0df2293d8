"""Octets become text as in a browser."""

import json
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scrapers.fetching.charset import declared_encoding, decode

HTML = "text/html"
CZECH = "Příliš žluťoučký kůň"
PAGE = "<!doctype html><head><meta charset='{}'><title>{}</title>"


def page(charset: str, codec: str, text: str = CZECH) -> bytes:
    return PAGE.format(charset, text).encode(codec)


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (CZECH.encode(), f"{HTML}; charset=utf-8", CZECH),
        (CZECH.encode(), HTML, CZECH),
        (CZECH.encode("windows-1250"), f"{HTML}; charset=windows-1250", CZECH),
        (CZECH.encode("iso-8859-2"), f'{HTML};CHARSET="ISO-8859-2"', CZECH),
        (CZECH.encode("iso-8859-2"), f"{HTML}; charset = 'latin2' ; x=y", CZECH),
        (b"\xef\xbb\xbf" + CZECH.encode(), f"{HTML}; charset=iso-8859-2", CZECH),
        (b"\xff\xfe" + CZECH.encode("utf-16-le"), HTML, CZECH),
        (b"\xfe\xff" + CZECH.encode("utf-16-be"), HTML, CZECH),
        (b"100 \x80, \x93so\x94", HTML, "100 €, “so”"),
        (b"100 \x80", f"{HTML}; charset=iso-8859-1", "100 €"),
        (b"a\x81b", f"{HTML}; charset=latin1", "a\x81b"),
        ("①日本".encode("cp932"), f"{HTML}; charset=Shift_JIS", "①日本"),
        ("똠방각하".encode("cp949"), f"{HTML}; charset=euc-kr", "똠방각하"),
        ("汉字€".encode("gb18030"), f"{HTML}; charset=gb2312", "汉字€"),
        ("привет".encode("koi8-r"), f"{HTML}; charset=koi8-r", "привет"),
        (b"caf\xe9", f"{HTML}; charset=nonsense", "café"),
        (b"caf\xe9", f"{HTML}; charset=", "café"),
        (b"ok \xff\xfe \xe2\x82", f"{HTML}; charset=utf-8", "ok \ufffd\ufffd \ufffd"),
        (b"x", f"{HTML}; charset=iso-2022-kr", "\ufffd"),
        (b"", HTML, ""),
    ],
)
def test_header_mark_and_fallback(body: bytes, content_type: str, expected: str) -> None:
    assert decode(body, content_type) == expected


@pytest.mark.parametrize(
    "head",
    [
        b"<meta charset=iso-8859-2>",
        b'<META CHARSET = "ISO-8859-2" />',
        b"<meta http-equiv='Content-Type' content='text/html; charset=iso-8859-2'>",
        b'<meta content="text/html;charset=iso-8859-2" http-equiv=content-type>',
        b"<!-- <meta charset=koi8-r> --><meta charset=iso-8859-2>",
        b"<meta name=description content='charset=koi8-r'><meta charset=iso-8859-2>",
        b"<script>" + b"x" * 3000 + b"</script><meta charset=iso-8859-2>",
        b"<?xml version='1.0' encoding='iso-8859-2'?>",
    ],
)
def test_the_page_names_its_own_encoding(head: bytes) -> None:
    assert decode(head + CZECH.encode("iso-8859-2"), HTML).endswith(CZECH)


def test_the_header_wins_over_the_page_even_when_it_is_wrong() -> None:
    body = page("utf-8", "utf-8")
    assert CZECH not in decode(body, f"{HTML}; charset=iso-8859-2")


def test_what_the_source_file_says_wins_over_the_header() -> None:
    assert decode(CZECH.encode(), f"{HTML}; charset=iso-8859-1", "utf-8") == CZECH
    assert decode(CZECH.encode(), f"{HTML}; charset=utf-8", "no such label") == CZECH


def test_a_page_that_claims_utf16_in_ascii_is_utf8() -> None:
    assert decode(page("utf-16le", "utf-8"), HTML).find(CZECH) > 0


def test_a_meta_in_the_body_says_nothing() -> None:
    assert declared_encoding(b"<body><p>like <meta charset=koi8-r>", HTML) is None


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-16", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("content_type", ["application/json", "application/ld+json; charset=iso-8859-1"])
def test_json_is_unicode_whatever_the_header_says(codec: str, content_type: str) -> None:
    text = json.dumps({"name": CZECH}, ensure_ascii=False)
    assert decode(text.encode(codec), content_type) == text


def test_json_that_is_no_utf8_is_what_the_header_says() -> None:
    assert decode(b'"caf\xe9"', "application/json; charset=iso-8859-1") == '"café"'
    assert decode(b'"caf\xe9"', "application/json") == '"caf\ufffd"'


@settings(deadline=None)
@given(
    st.binary(max_size=200),
    st.sampled_from(["", HTML, "application/json", f"{HTML}; charset=big5"]),
    st.text(max_size=12),
)
@example(b"\x00\x00\x00a\x00", "application/json", "utf-32")
@example(b"\xff\xfea", "", "utf-16")
def test_any_octets_are_some_text(body: bytes, content_type: str, declared: str) -> None:
    assert isinstance(decode(body, content_type), str)
    assert isinstance(decode(b"<meta charset=" + body, f"text/html;charset={declared}", declared), str)


@settings(deadline=None)
@given(st.text().filter(lambda text: not text.startswith("\ufeff") and "<" not in text))
def test_utf8_survives(text: str) -> None:
    assert decode(text.encode("utf-8", "replace"), f"{HTML}; charset=UTF-8") == text.encode("utf-8", "replace").decode()


@pytest.mark.parametrize("part", [b"<!--", b"<meta ", b"<meta a=", b"charset", b"<?xml ", b" ", b"<meta charset='"])
def test_a_head_made_to_be_slow_is_not(part: bytes) -> None:
    started = time.process_time()
    decode(b"charset\xff" + part * 20_000, HTML)
    assert time.process_time() - started < 10  # milliseconds; quadratic: minutes
