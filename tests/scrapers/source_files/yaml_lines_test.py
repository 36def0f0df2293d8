"""Source files are read as YAML 1.2, with a place for every key."""

from pathlib import Path

import pytest

from scrapers.source_files.mistakes import SourceFileErrors
from scrapers.source_files.yaml_lines import MAX_BYTES, parse_yaml, plain_value, read_yaml


def refusal(text: str) -> str:
    with pytest.raises(SourceFileErrors) as refused:
        parse_yaml(text, "shop.yaml")
    return str(refused.value)


def test_words_that_yaml_1_1_takes_for_booleans_are_texts():
    data = parse_yaml("country: no\nswitch: on\nanswer: y\ntime: 12:30\nday: 2026-01-31\nreal: true\n", "f").data

    assert data == {"country": "no", "switch": "on", "answer": "y", "time": "12:30", "day": "2026-01-31", "real": True}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("~", None), ("", None), ("Null", None), ("TRUE", True), ("0", 0), ("-12", -12), ("007", 7), ("0o17", 15),
        ("0xff", 255), ("1.5", 1.5), (".5", 0.5), ("1e3", 1000.0), ("-.inf", float("-inf")), ("1_000", "1_000"),
        ("+", "+"), ("1..50", "1..50"), ("1.2.3", "1.2.3"), ("-7 days", "-7 days"), ("yes", "yes"), (".", "."),
    ],
)  # fmt: skip
def test_scalars_follow_the_core_schema(text, value):
    assert plain_value(text) == value


def test_quoted_scalars_and_keys_stay_texts():
    assert parse_yaml("a: '404'\n404: drop\ntrue: x\n007: y\n", "f").data == {
        "a": "404",
        "404": "drop",
        "true": "x",
        "007": "y",
    }


def test_every_key_and_entry_has_its_line_and_column():
    marks = parse_yaml("a:\n  b: [1, 2]\n  c:\n    - x\n    - y\n", "shop.yaml").marks

    places = {path: (mark.line, mark.column) for path, mark in marks.items()}
    assert places == {
        ("a",): (1, 1),
        ("a", "b"): (2, 3),
        ("a", "b", 0): (2, 7),
        ("a", "b", 1): (2, 10),
        ("a", "c"): (3, 3),
        ("a", "c", 0): (4, 7),
        ("a", "c", 1): (5, 7),
    }
    assert str(marks["a", "b"]) == "shop.yaml:2"


def test_an_alias_is_filled_in_with_the_places_of_its_anchor():
    document = parse_yaml("a: &card {css: li}\nb: *card\n", "f")

    assert document.data["b"] == {"css": "li"}
    assert document.data["b"] is not document.data["a"]
    assert document.marks["b", "css"].line == 1


def test_all_doubled_keys_are_named_with_both_lines():
    assert refusal("a: 1\nb: {c: 1, c: 2}\na: 2\n").splitlines() == [
        "shop.yaml:2: b.c: doubled key: it already stands in line 2",
        "shop.yaml:3: a: doubled key: it already stands in line 1",
    ]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\n\tb: 2", 2, "indent with spaces, not with tabs"),
        ("items: {css: a[href]}", 1, "inside { } quote a value"),
        ("title: @name", 1, "quote a value that begins with @"),
        ("title: Price: now", 1, "quote a value that holds `: `"),
        ("a: 'open", 1, "while scanning a quoted scalar"),
        ("a:\n    b: 1\n  c: 2", 3, "is this line indented like"),
        ("a: *nothing", 1, "names no value above it"),
        ("a: !python/object:os.system x", 1, "means nothing here"),
        ("a: !!binary aGk=", 1, "`!!binary` means nothing here"),
        ("a: 1\n---\nb: 2", 2, "a second document begins here"),
        ("<<: {a: 1}", 1, "YAML 1.2 has no merge key"),
        ("{a: 1}: b", 1, "a key must be a plain text"),
        ("a: 123456789012345678901", 1, "is too large for a number (64 bits): quote it"),
        ("- a", 1, "the file is no mapping"),
        ("# nothing\n", 1, "the file is empty"),
        ("a: \x00", 1, "the character '\\x00' cannot stand in YAML"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line_and_a_way_out(text, line, words):
    told = refusal(text)

    assert told.startswith(f"shop.yaml:{line}: ")
    assert words in told


def test_an_alias_bomb_and_deep_nesting_are_refused():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]

    assert "more than 100,000 values" in refusal("\n".join(lines))
    assert "levels deep" in refusal("a: " + "[" * 60 + "]" * 60)
    assert "levels deep" in refusal("a: " + "[" * 100_000)


def test_files_that_are_too_large_or_not_text_are_refused(tmp_path: Path):
    large, latin = tmp_path / "large.yaml", tmp_path / "latin.yaml"
    large.write_text("a: 1\n" + "#" * MAX_BYTES)
    latin.write_bytes("a: 1\nb: Bücher\n".encode("latin-1"))

    with pytest.raises(SourceFileErrors, match=r"large.yaml:1: the file is larger than 1000 KB"):
        read_yaml(large, "large.yaml")
    with pytest.raises(SourceFileErrors, match=r"latin.yaml:2: is not UTF-8 here"):
        read_yaml(latin, "latin.yaml")
    with pytest.raises(SourceFileErrors, match="cannot be read"):
        read_yaml(tmp_path / "none.yaml", "none.yaml")


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path):
    (tmp_path / "bom.yaml").write_bytes(b"\xef\xbb\xbfsource: shop\n")

    assert read_yaml(tmp_path / "bom.yaml", "bom.yaml").data == {"source": "shop"}


def test_a_placeholder_inside_braces_is_told_to_be_quoted():
    assert "inside { } quote a text with ${...}" in refusal("seeds: {urls: https://a.test/${params.x}}\nfields: {}\n")
