"""Matching paths against rules: checked against the port of Google's reference parser."""

import string

import pytest
from gpyrobotstxt.robots_cc import RobotsMatcher, get_path_params_query
from gpyrobotstxt.robotsmatchstrategy import RobotsMatchStrategy
from hypothesis import given, settings
from hypothesis import strategies as st

from scrapers.fetching.robots import RobotsRules
from scrapers.fetching.robots_rules import Matcher, path_of

PATHS = st.text("/ab?$*.x", max_size=12).map(lambda text: "/" + text)
PATTERNS = st.text("/ab*$.x", max_size=8)


@given(PATTERNS, PATHS)
@settings(max_examples=500, deadline=None)
def test_one_pattern_matches_as_in_the_reference(pattern: str, path: str) -> None:
    pattern = "/" + pattern
    assert Matcher([(pattern, False)]).allows(path) is not RobotsMatchStrategy().matches(path, pattern)


LINES = st.one_of(
    st.tuples(
        st.sampled_from(["User-agent", "user agent", "USERAGENT"]), st.sampled_from(["*", "bot", "Bot/2", "other", ""])
    ),
    st.tuples(
        st.sampled_from(["Allow", "allow", "Disallow", "Dissallow", "disalow"]),
        st.one_of(PATTERNS, PATTERNS.map(lambda text: "/" + text), st.just("/a/index.html"), st.just("/%c3%a9")),
    ),
    st.tuples(st.sampled_from(["Sitemap", "Crawl-delay", "Host", "foo"]), st.sampled_from(["1", "x", ""])),
)
FILES = st.lists(LINES.map(lambda line: f"{line[0]}: {line[1]}"), max_size=12)


@given(FILES, st.sampled_from(["\n", "\r\n", "\r", "\n\n"]), st.sampled_from(["bot", "other", "nobody"]), PATHS)
@settings(max_examples=500, deadline=None)
def test_a_file_means_what_it_means_to_the_reference(lines: list[str], end: str, agent: str, path: str) -> None:
    body = end.join(lines).encode()
    url = "http://shop.example" + path
    expected = RobotsMatcher().one_agent_allowed_by_robots(body, agent, url)
    assert RobotsRules.parse(body).allowed(url, agent) is expected


@given(st.text(string.ascii_letters + ":/?;#.@", max_size=30))
@settings(max_examples=500, deadline=None)
def test_the_path_is_cut_out_as_in_the_reference(url: str) -> None:
    assert path_of(url) == get_path_params_query(url)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("", "/"),
        ("http://www.example.com", "/"),
        ("http://www.example.com/a/b?c=http://d.e/#f", "/a/b?c=http://d.e/"),
        ("http://www.example.com?a", "/?a"),
        ("http://www.example.com;a#b", "/;a"),
        ("http://www.example.com#/a", "/"),
        ("www.example.com/a?b=://c", "/a?b=://c"),
        ("//a/b/c", "/b/c"),
        ("http://a/%c3%a9%2f", "/%C3%A9%2F"),
    ],
)
def test_path_of(url: str, path: str) -> None:
    assert path_of(url) == path


def test_many_stars_do_not_take_long() -> None:
    matcher = Matcher([("/" + "*a" * 500 + "b", False), ("/*" * 1000 + "$", False)])
    assert matcher.allows("/" + "a" * 5000)
