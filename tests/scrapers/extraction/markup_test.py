import pytest

from scrapers.extraction.markup import fold, text_of_markup


@pytest.mark.parametrize(
    ("html", "lines"),
    [
        ("a<b>b</b> c", ["ab c"]),
        ("<p>a</p><p>b<br>c</p>d", ["a", "b", "c", "d"]),
        ("<ul><li>a<ul><li>b</ul><li>c</ul>", ["a", "b", "c"]),
        ("a<script>x</script><style>y</style><!-- z -->b", ["ab"]),
        ("one\ntwo", ["one", "two"]),
        ("", []),
    ],
)
def test_blocks_are_lines(html, lines):
    assert text_of_markup(html) == lines


def test_no_break_spaces_fold_too():
    assert fold("\xa0 a\u2003b ") == "a b"


def test_deep_markup_has_its_text():
    assert text_of_markup("<div>" * 5000 + "x") == ["x"]
