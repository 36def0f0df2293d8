"""robots.txt as a file: what is read, what is not, and what answers stand for it."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrapers.fetching.robots import MAX_BYTES, RobotsRules, robots_token, rules_for_response

SITE = "http://shop.example"


def allowed(robots: str | bytes, path: str, agent: str = "bot") -> bool:
    body = robots.encode() if isinstance(robots, str) else robots
    return RobotsRules.parse(body).allowed(SITE + path, agent)


@pytest.mark.parametrize(
    ("robots", "path", "expected"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: other\nDisallow: /", "/a", True),
        ("User-agent: other\nUser-agent: bot\nDisallow: /", "/a", False),
        ("User-agent: BOT/2.0 (x)\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow: /\nUser-agent: bot\nDisallow: /b", "/a", True),
        ("User-agent: bot\nDisallow: /a\nUser-agent: x\nAllow: /\nUser-agent: bot\nDisallow: /b", "/b", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("User-agent: *\nDisallow: /a\nAllow: /a", "/a", True),
        ("User-agent: *\nDisallow: /*.php$", "/x.php", False),
        ("User-agent: *\nDisallow: /*.php$", "/x.php?y", True),
        ("User-agent: *\nDisallow: /\nAllow: /$", "/", True),
        ("User-agent: *\nDisallow: /\nAllow: /a/index.html", "/a/", True),
        ("User-agent: *\nDisallow: /Caf%c3%a9", "/Caf%C3%A9", False),
        ("User-agent: *\nDisallow: /Caf%c3%a9", "/Caf%c3%a9", False),
        ("User-agent: *\nDisallow: /Café", "/Caf%C3%A9", False),
        ("user-agent *\ndisallow /a", "/a", False),
        ("user-agent:*#all\ndisallow   :   /a   # not this", "/a", False),
        ("User-agent: *\nDisallow: /a \u00a0", "/ab", False),
        ("\ufeffUser-agent: *\nDisallow: /a", "/a", False),
        ("User-agent: *\rDisallow: /a\rDisallow: /b", "/b", False),
        ("Disallow: /a\nUser-agent: *\nAllow: /b", "/a", True),
        ("<!DOCTYPE html><html><body><h1>Welcome</h1>allow: nothing</body></html>", "/a", True),
    ],
)
def test_verdicts(robots: str, path: str, expected: bool) -> None:
    assert allowed(robots, path) is expected


def test_octets_that_are_no_utf8_are_percent_encoded_one_by_one() -> None:
    assert not allowed("User-agent: *\nDisallow: /caf\xe9".encode("latin-1"), "/caf%E9")


def test_a_null_octet_ends_a_line_only() -> None:
    assert not allowed(b"User-agent: *\nAllow: /\0x\nDisallow: /a", "/a")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf16_with_a_byte_order_mark_is_read(encoding: str) -> None:
    body = "\ufeffUser-agent: *\nDisallow: /a".encode(encoding)
    assert not allowed(body if encoding != "utf-16" else body.removeprefix(b"\xff\xfe"), "/a")


def test_a_long_line_is_cut_where_the_reference_cuts_it() -> None:
    pattern = "/x/" + "a" * (2083 * 8 - len("disallow: /x/") - 1)
    robots = f"user-agent: bot\ndisallow: {pattern}/qux\n"
    assert allowed(robots, "/fux")
    assert not allowed(robots, f"{pattern}/fux")


def test_only_the_first_500_kib_are_read_and_no_line_by_half() -> None:
    rules = "User-agent: *\nDisallow: /a\n"
    filler = "#" * (MAX_BYTES - len(rules) - len("\nAllow: /a"))
    assert not allowed(f"{rules}{filler}\nAllow: /a/b/c\nDisallow: /z\n", "/a/x")
    assert allowed(f"{rules}{filler}\nAllow: /a/b/c\nDisallow: /z\n", "/z")


@pytest.mark.parametrize(
    ("robots", "agent", "delay"),
    [
        ("User-agent: *\nCrawl-delay: 10\nDisallow:", "bot", 10.0),
        ("User-agent: *\nCrawl-delay: .5", "bot", 0.5),
        ("User-agent: *\nDisallow: /a\nCrawl-delay: 2 # seconds", "bot", 2.0),
        ("User-agent: bot\nDisallow: /\nUser-agent: *\nCrawl-delay: 3", "bot", None),
        ("User-agent: Bot\nCrawl-delay: 4\nUser-agent: *\nCrawl-delay: 3", "bot", 4.0),
        ("User-agent: bot\nCrawl-delay: 4\nUser-agent: you\nDisallow: /", "you", None),
        ("User-agent: bot\nUser-agent: you\nCrawl-delay: 4", "bot", 4.0),
        ("Crawl-delay: 4\nUser-agent: *\nDisallow:", "bot", None),
        ("User-agent: *\nCrawl-delay: soon", "bot", None),
        ("", "bot", None),
    ],
)
def test_crawl_delay_is_that_of_the_agents_above_it(robots: str, agent: str, delay: float | None) -> None:
    assert RobotsRules.parse(robots.encode()).crawl_delay(agent) == delay


def test_a_crawl_delay_does_not_end_a_group() -> None:
    assert not allowed("User-agent: bot\nCrawl-delay: 10\nUser-agent: you\nDisallow: /a", "/a", "bot")


def test_sitemaps_are_listed_once_each_wherever_they_stand() -> None:
    robots = b"Sitemap: http://a/1.xml\nUser-agent: *\nsitemap: http://a/2.xml\nSite-map: http://a/1.xml\nSitemap:"
    assert RobotsRules.parse(robots).sitemaps == ("http://a/1.xml", "http://a/2.xml")


@pytest.mark.parametrize(
    ("status", "expected"),
    [(200, False), (204, False), (301, True), (400, True), (401, True), (403, True), (404, True), (410, True),
     (429, False), (500, False), (503, False), (None, False)],
)  # fmt: skip
def test_what_an_answer_stands_for(status: int | None, expected: bool) -> None:
    rules = rules_for_response(status, b"User-agent: *\nDisallow: /")
    assert rules.allowed(f"{SITE}/a", "bot") is expected


@pytest.mark.parametrize(
    ("user_agent", "token"),
    [
        ("Scrapeline/1.0 (+https://scrapeline.example)", "scrapeline"),
        ("My-Shop_Bot", "my-shop_bot"),
        ("Mozilla/5.0 (compatible; ShopBot/2.1; +https://shop.example/bot)", "shopbot"),
        ("123", ""),
        ("", ""),
    ],
)
def test_robots_token(user_agent: str, token: str) -> None:
    assert robots_token(user_agent) == token


@settings(deadline=None)
@given(st.binary(max_size=300), st.text(max_size=20), st.text(max_size=20))
def test_any_octets_can_be_read_and_asked(body: bytes, path: str, agent: str) -> None:
    rules = RobotsRules.parse(b"User-agent: *\nDisallow: " + body)
    assert rules.allowed(path, agent) in (True, False)
    rules.crawl_delay(agent)


@pytest.mark.parametrize(
    "part",
    [
        b"\n",
        b"a\n",
        b"User-agent: a\n",
        b"User-agent: a\nCrawl-delay: 1\n",
        b"Disallow: /*a*b\n",
        b"Crawl-delay: 1\n",
        b" ",
    ],
)
def test_a_file_made_to_be_slow_is_not(part: bytes) -> None:
    agents = b"".join(
        b"User-agent: %s\n" % bytes([97 + n % 26, 97 + n // 26 % 26, 97 + n // 676]) for n in range(10_000)
    )
    started = time.process_time()
    rules = RobotsRules.parse(agents + b"User-agent: bot\nDisallow: /x\n" + part * 400_000)
    rules.allowed(f"{SITE}/{'a' * 8000}", "bot")
    assert time.process_time() - started < 30  # 0.3 s; quadratic: minutes
