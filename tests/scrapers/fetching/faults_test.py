"""Every way in which a site can fail, injected over loopback: each costs one letter with its reason, no more."""

import asyncio
from typing import Any

import pytest

from schemas.request import Request, RequestSpec


def with_a_fine_page(crawl: Any, server: Any, path: str = "/bad", **more: Any) -> Any:
    """Fetches the bad path between two fine pages, which must not be hurt."""
    server.on("/fine", server.page("<b>fine</b>"))
    server.on("/also", server.page("<b>also</b>"))
    result = crawl(["/fine", path, "/also"], **more)
    assert result.items == ["also", "fine"]
    assert result.holds
    assert result.reasons["pages"] == 2
    return result


def letter_of(result: Any, path: str = "/bad") -> Any:
    assert list(result.letters) == [path]
    return result.letters[path]


def test_a_500_is_tried_three_times_and_then_a_letter_with_its_page(crawl: Any, server: Any) -> None:
    server.on("/bad", server.page("broken", 500))
    result = with_a_fine_page(crawl, server)
    letter = letter_of(result)
    assert (letter.reason, letter.status, letter.attempts) == ("http_5xx", 500, 3)
    assert letter.failed_at >= letter.first_failed_at > 0
    assert result.ended["/bad"].page.body == b"broken"
    assert server.paths().count("/bad") == 3
    assert result.ended["/bad"].outcome.retries == 2


def test_a_500_that_heals_is_a_page(crawl: Any, server: Any) -> None:
    server.on("/bad", server.page("broken", 500), server.page("<b>healed</b>"))
    result = crawl(["/bad"])
    assert (result.items, result.letters, result.holds) == (["healed"], {}, True)
    assert result.ended["/bad"].outcome.retries == 1


@pytest.mark.parametrize(
    ("status", "reason"),
    [(404, "http_4xx"), (410, "http_4xx"), (403, "http_4xx"), (418, "http_4xx"), (501, "http_5xx")],
)
def test_a_status_that_never_heals_is_a_letter_at_once(crawl: Any, server: Any, status: int, reason: str) -> None:
    server.on("/bad", server.page("no", status))
    letter = letter_of(with_a_fine_page(crawl, server))
    assert (letter.reason, letter.attempts) == (reason, 1)


def test_a_host_that_hangs_is_a_timeout(crawl: Any, server: Any) -> None:
    async def hang(_hit: Any, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(90)

    server.on("/bad", hang)
    result = with_a_fine_page(crawl, server, source={"fetch": {"timeout_secs": 0.3, "retries": 1}})
    letter = letter_of(result)
    assert (letter.reason, letter.attempts) == ("timeout", 2)
    assert result.secs < 60


def test_a_slow_drip_ends_with_the_time_of_the_attempt(crawl: Any, server: Any) -> None:
    async def drip(_hit: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(600):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    server.on("/bad", drip)
    result = with_a_fine_page(crawl, server, source={"fetch": {"timeout_secs": 0.5, "retries": 0}})
    assert letter_of(result).reason == "timeout"
    assert result.secs < 25, "the whole body would have taken 30 s"


def test_a_server_that_hangs_up_without_a_word_sees_each_attempt_once(crawl: Any, server: Any) -> None:
    async def hang_up(_hit: Any, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server.on("/bad", hang_up)
    assert letter_of(with_a_fine_page(crawl, server)).reason == "connection"
    assert server.paths().count("/bad") == 3


def test_what_is_no_http_is_bad_content(crawl: Any, server: Any) -> None:
    async def ssh(_hit: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n\r\n")
        writer.close()

    server.on("/bad", ssh)
    letter = letter_of(with_a_fine_page(crawl, server))
    assert (letter.reason, letter.attempts) == ("bad_content", 1)


def test_a_parse_that_raises_is_a_letter_with_traceback_and_page(crawl: Any, server: Any) -> None:
    def read(page: Any) -> Any:
        if page.request.url.endswith("/bad"):
            raise KeyError("price")
        return crawl.read_links(page)

    server.on("/bad", server.page("<b>x</b>"))
    result = with_a_fine_page(crawl, server, read=read)
    letter = letter_of(result)
    assert (letter.reason, letter.stage, letter.error_type, letter.attempts) == ("parse_error", "parse", "KeyError", 1)
    assert "in read" in letter.traceback
    assert result.ended["/bad"].page.body == b"<b>x</b>"


def test_a_page_without_items_is_a_letter_unless_the_source_says_that_it_may_be(crawl: Any, server: Any) -> None:
    server.on("/bad", server.page("<p>nothing</p>"))
    assert letter_of(with_a_fine_page(crawl, server)).reason == "no_items"
    result = crawl(["/bad"], source={"empty": "ok"})
    assert (result.reasons, result.holds) == ({"pages": 1}, True)


def test_a_refused_connection_is_tried_again_and_then_a_letter(crawl: Any, server: Any) -> None:
    robots = {"ignore": True, "because": "the page itself is to be asked for"}
    source = {"resolve": ["shop.test:80:127.0.0.1:9"], "politeness": {"delay_secs": 0, "robots": robots}}
    result = crawl(["/x"], source=source)
    assert (result.letters["/x"].reason, result.letters["/x"].attempts, result.holds) == ("connection", 3, True)


def test_a_host_that_cannot_be_reached_for_its_robots_txt_gives_letters_not_silence(crawl: Any, server: Any) -> None:
    result = crawl(["/x", "/y"], source={"resolve": ["shop.test:80:127.0.0.1:9"]})
    assert (result.reasons, result.holds) == ({"connection": 2}, True)
    assert "robots.txt" in result.letters["/x"].message


def test_a_name_that_does_not_exist_is_a_connection_error(crawl: Any, server: Any) -> None:
    result = crawl(["http://no-such-name.invalid/"], source={"resolve": []})
    assert (result.reasons, result.holds) == ({"connection": 1}, True)


def test_header_bombs_are_refused(crawl: Any, server: Any) -> None:
    server.on("/bad", server.page("<b>x</b>", X_Bomb="x" * 200_000))
    assert letter_of(with_a_fine_page(crawl, server)).reason == "bad_content"
    server.on("/bad", server.page("<b>x</b>", **{f"X_{n}": "x" for n in range(5000)}))
    assert letter_of(with_a_fine_page(crawl, server)).reason == "bad_content"


def test_large_headers_of_real_sites_are_no_bombs(crawl: Any, server: Any) -> None:
    server.on("/big", server.page("<b>x</b>", Content_Security_Policy="x" * 20_000))
    assert crawl(["/big"]).items == ["x"]


def test_an_endless_calendar_ends_at_max_pages_and_says_so(crawl: Any, server: Any) -> None:
    async def month(hit: Any, writer: asyncio.StreamWriter) -> None:
        number = int(hit.path.rpartition("=")[2])
        writer.write(server.page(f'<b>month {number}</b><a href="/cal?m={number + 1}">next</a>'))

    server.on_all(month)
    result = crawl(["/cal?m=1"], source={"limits": {"max_pages": 30, "max_depth": 1000}})
    assert (len(result.items), result.reasons, result.holds) == (30, {"pages": 30, "over_limit": 1}, True)
    assert len(result.notes) == 1
    assert "30" in result.notes[0]


def test_an_endless_calendar_ends_at_max_depth_without_a_limit_of_pages(crawl: Any, server: Any) -> None:
    async def month(hit: Any, writer: asyncio.StreamWriter) -> None:
        number = int(hit.path.rpartition("=")[2])
        writer.write(server.page(f'<b>month {number}</b><a href="/cal?m={number + 1}">next</a>'))

    server.on_all(month)
    result = crawl(["/cal?m=1"])
    assert (result.reasons, result.holds) == ({"pages": 21, "over_limit": 1}, True)
    assert result.notes == ["limits.max_depth 20 reached"]


def test_each_request_of_a_source_that_does_not_exist_is_a_letter(crawl: Any) -> None:
    requests = tuple(Request("nobody", f"http://shop.test/{number}", "e" * 24) for number in range(2))
    result = crawl.run(crawl.open({}), [(("shop.test", 0), RequestSpec("nobody", "e" * 24, requests))])
    letters = [one.letter for one in result.scraped if one.letter is not None]
    assert [(letter.reason, letter.url) for letter in letters] == [("unknown_source", one.url) for one in requests]
    assert result.holds
