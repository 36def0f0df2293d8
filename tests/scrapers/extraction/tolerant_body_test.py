"""JSON bodies as interfaces send them."""

import pytest

from scrapers.extraction.tolerant_body import BadDocument, load_json


def load(body: bytes) -> object:
    return load_json(body, lambda: body.decode("utf-8", "replace"))


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b"\xef\xbb\xbf[1]", [1]),
        (b")]}'\n{}", {}),
        (b")]}',\n[1]", [1]),
        (b"for (;;);[1]", [1]),
        (b"while(1);[1]", [1]),
        (b'/**/ jQuery17_1({"a": 1});', {"a": 1}),
        (b'cb({"a": "x)"})', {"a": "x)"}),
        (b'{"a": NaN, "b": -Infinity}', {"a": None, "b": None}),
        (b'{"a": 1}\n{"a": 2}\n\n', [{"a": 1}, {"a": 2}]),
        (b'["a\tb"]', ["a\tb"]),
        (b'["\\ud83d\\ude00", "\\ud83d", "\\\\ud83d"]', ["😀", "\ufffd", "\\ud83d"]),
        ("\"Größe\"".encode("latin-1"), "Gr\ufffd\ufffde"),
        (b"123456789012345678901234567890", 123456789012345678901234567890.0),
        (b"1e400", float("inf")),
    ],
)  # fmt: skip
def test_what_means_json_is_read(body: bytes, value: object) -> None:
    assert load(body) == value


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a": [1, 2', b'{"a": 1,}', b"cb({", b"[" * 100_000, b"{'a': 1}"])
def test_what_is_cut_or_wrong_is_refused(body: bytes) -> None:
    with pytest.raises(BadDocument, match="not JSON"):
        load(body)
