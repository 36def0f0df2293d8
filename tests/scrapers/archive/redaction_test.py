"""Secrets are hidden in every spelling, and nothing else is."""

from schemas.page import Captured, Page
from schemas.request import Request
from scrapers.archive.redaction import Redactor


def test_known_values_are_hidden_as_urls_json_and_html_spell_them() -> None:
    redact = Redactor(['a"b&c d/ä'])

    for text in (
        'x a"b&c d/ä',
        "a%22b%26c%20d%2F%C3%A4",
        "a%22b%26c+d%2F%C3%A4",
        'a\\"b&c d/\\u00e4',
        "a&quot;b&amp;c d/ä",
    ):
        assert redact.redact_text(f"<{text}>") in ("<[redacted]>", "<x [redacted]>")
        assert redact.redact_bytes(text.encode()).endswith(b"[redacted]")


def test_what_selectors_read_of_a_page_is_hidden() -> None:
    answer = Captured("http://a.test/?k=hunter2", 200, "text/hunter2", b'{"k": "hunter2"}')
    page = Page(Request("s", "http://a.test/", "e"), 200, "http://a.test/#hunter2", (), b"hunter2", 1.0)
    page.captured = (answer, answer)

    Redactor(["hunter2"]).redact_page(page)

    assert b"hunter2" not in page.body + b"".join(one.body for one in page.captured)
    assert "hunter2" not in page.url + "".join(one.url + one.content_type for one in page.captured)
    assert [one.status for one in page.captured] == [200, 200]


def test_a_secret_inside_another_one_leaves_no_rest() -> None:
    redact = Redactor(["pass", "password1"])

    assert redact.redact_text("password1 pass") == "[redacted] [redacted]"


def test_secrets_learned_later_are_hidden_from_then_on() -> None:
    redact = Redactor()
    assert redact.redact_text("hunter2") == "hunter2"

    redact.add_secret("hunter2")

    assert redact.redact_text("hunter2") == "[redacted]"


def test_a_text_of_three_letters_is_too_common_to_be_hidden() -> None:
    assert Redactor(["abc", ""]).redact_text("abc") == "abc"


def test_header_names_stay_and_placeholders_too() -> None:
    redact = Redactor(["hunter2"], ["X-Own"])
    redact.add_header("X-Later")
    sent = [
        ("AUTHORIZATION", "Basic x"),
        ("X-Key", "${secret.key}"),
        ("x-own", "1"),
        ("X-Later", "2"),
        ("A", "is hunter2"),
    ]

    assert redact.redact_headers(sent) == [
        ("AUTHORIZATION", "[redacted]"),
        ("X-Key", "${secret.key}"),
        ("x-own", "[redacted]"),
        ("X-Later", "[redacted]"),
        ("A", "is [redacted]"),
    ]
    assert redact.redact_headers([("Authorization", "${secret.key}")]) == [("Authorization", "${secret.key}")]
