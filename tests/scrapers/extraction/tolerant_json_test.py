import contextlib
import time

import pytest

from scrapers.extraction.tolerant_json import first_value, values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1}', [{"a": 1}]),
        ('{"a": [1, 2,], }', [{"a": [1, 2]}]),
        ('{"a": 1, /* why */ "b": 2} // end', [{"a": 1, "b": 2}]),
        ('{"a": "line\nbreak\tand tab"}', [{"a": "line\nbreak\tand tab"}]),
        ('<![CDATA[{"a": 1}]]>', [{"a": 1}]),
        ('//<![CDATA[\n{"a": 1}\n//]]>', [{"a": 1}]),
        ('<!-- {"a": 1} -->', [{"a": 1}]),
        ("{&quot;a&quot;: &quot;b &amp;amp; c&quot;}", [{"a": "b &amp; c"}]),
        ('{"a": 1}{"b": 2}', [{"a": 1}, {"b": 2}]),
        ('{"a": [{"b": 1} {"c": 2}]}', [{"a": [{"b": 1}, {"c": 2}]}]),
        ('{"a": 1}}', [{"a": 1}]),
        ('{"a": 1};', [{"a": 1}]),
        ("{a: 'it\\'s', b: undefined, c: .5, d: 0x10}", [{"a": "it's", "b": None, "c": 0.5, "d": 16}]),
        ('{"a": "say "hi" there", "b": 1}', [{"a": 'say "hi" there', "b": 1}]),
        ('{"a": "bad \\escape"}', [{"a": "bad escape"}]),
        ('<!-- a note -->\n{"a": 1}', [{"a": 1}]),
        ("", []),
    ],
)
def test_json_is_read_as_sites_write_it(text, expected):
    assert values(text) == expected


@pytest.mark.parametrize("text", ["{", "no json", "function () {}", "{a: f(x)}", "[" * 100_000, '{"a":'])
def test_what_is_no_json_is_said_to_be_none(text):
    with pytest.raises(ValueError, match=r"."):
        values(text)


def test_the_first_value_ends_where_it_ends():
    script = "x = {a: [1, 2,]}; y()"
    assert first_value(script, 4) == ({"a": [1, 2]}, 16)


@pytest.mark.parametrize("text", ['"' * 50_001, '{"a" ' * 20_000, "/*" * 50_000, "[1," * 50_000, "'\\" * 50_000])
def test_hostile_text_is_refused_in_time_that_grows_with_its_length(text):
    started = time.monotonic()
    with contextlib.suppress(ValueError):
        values(text)
    assert time.monotonic() - started < 30
