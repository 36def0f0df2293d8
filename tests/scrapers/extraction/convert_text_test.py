from typing import Any

import pytest

from scrapers.extraction.convert import ConvertContext, ConvertError, converter

HERE = ConvertContext(url="https://shop.test/c/lamps?page=2")


@pytest.mark.parametrize(
    ("spec", "value", "expected"),
    [
        ("text", " a \n\xa0b ", "a b"),
        ("text", "Salt &amp;amp; pepper", "Salt & pepper"),
        ("text", "&lt;p&gt;Salt&lt;/p&gt;", "Salt"),
        ("text", "<p>One</p><p>two<b>!</b></p>", "One two!"),
        ("text", "1 < 2 & 3 > 2", "1 < 2 & 3 > 2"),
        ("text", "soft\u00adhyphen\u200b", "softhyphen"),
        ("text", 12, "12"),
        ("text", False, None),
        ("text", "<br>", None),
        ("lines", "<ol><li>a<li>b</ol>", ["a", "b"]),
        ("lower", "ÄB", "äb"),
        ("upper", "straße", "STRASSE"),
        ({"split": "|"}, "a | b||c", ["a", "b", "c"]),
        ("join", ["a", None, "b"], "a, b"),
        ("unique", ["b", "a", "b"], ["b", "a"]),
        ({"replace": {"pattern": r"^By\s+"}}, "By Emma", "Emma"),
        ({"replace": {"pattern": r"(\w+), (\w+)", "by": r"\2 \1"}}, "Bee, Emma", "Emma Bee"),
        ({"replace": {"pattern": ".*"}}, "x", None),
        ("url", "../x?y=1#z", "https://shop.test/x?y=1#z"),
        ("url", "//cdn.test/i.png", "https://cdn.test/i.png"),
        ("url", "?page=3", "https://shop.test/c/lamps?page=3"),
    ],
)
def test_texts(spec: Any, value: Any, expected: Any):
    assert converter(spec)(value, HERE) == expected


def test_what_is_no_url_is_said():
    with pytest.raises(ConvertError, match="URL"):
        converter("url")("http://[", HERE)
