"""What a host sees of us: pace, concurrency, pauses, robots.txt, who we say we are."""

import asyncio
import email.utils
import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

MARGIN_SECS = 0.04  # of a busy machine


def gaps(server: Any) -> list[float]:
    times = sorted(hit.at for hit in server.hits if hit.path != "/robots.txt")
    return [after - before for before, after in itertools.pairwise(times)]


async def answer_late(_hit: Any, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(0.1)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 8\r\n\r\n<b>x</b>")


def test_the_delay_lies_between_the_starts_of_any_two_requests(crawl: Any, server: Any) -> None:
    server.on_all(answer_late)
    started = time.monotonic()
    result = crawl([f"/{n}" for n in range(6)], source={"politeness": {"delay_secs": 0.2, "concurrency": 1}})
    assert (result.reasons, result.holds) == ({"pages": 6}, True)
    assert min(gaps(server)) >= 0.2 - MARGIN_SECS
    assert server.most_at_once == 1
    first = min(hit.at for hit in server.hits if hit.path != "/robots.txt")
    assert first - started >= 0.2, "a key that is new to the process waits one delay first"


def test_no_more_requests_run_at_once_than_the_source_allows(crawl: Any, server: Any) -> None:
    server.on_all(answer_late)
    crawl([f"/{n}" for n in range(20)], source={"politeness": {"delay_secs": 0, "concurrency": 3}})
    assert server.most_at_once == 3


def test_slots_share_the_rate_and_the_places(crawl: Any, server: Any) -> None:
    server.on_all(answer_late)
    seeds = {"urls": "http://shop.test/${params.n}", "params": {"n": "1..12"}}
    politeness = {"delay_secs": 0.05, "concurrency": 4}
    result = crawl([], source={"seeds": seeds, "politeness": politeness, "follow": None})
    assert (result.reasons, result.holds) == ({"pages": 12}, True)
    assert server.most_at_once <= 4
    assert result.secs >= 12 * 0.05


def test_retries_keep_the_delay_and_do_not_hold_the_place(crawl: Any, server: Any) -> None:
    server.on_all()
    server.on("/bad", server.page("", 500))
    source = {"politeness": {"delay_secs": 0.1, "concurrency": 1}}
    result = crawl(["/bad", "/1", "/2", "/3"], source=source, backoff_secs=0.25)
    assert (result.reasons, result.holds) == ({"pages": 3, "http_5xx": 1}, True)
    assert min(gaps(server)) >= 0.1 - MARGIN_SECS
    assert server.paths()[:3] == ["/bad", "/1", "/2"]


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_pauses_the_whole_host(crawl: Any, server: Any, form: str) -> None:
    wait = 2 if form == "date" else 1
    value = email.utils.formatdate(time.time() + wait, usegmt=True) if form == "date" else str(wait)
    server.on_all()
    server.on("/busy", server.page("", 429, Retry_After=value), server.page("<b>busy no more</b>"))
    source = {"politeness": {"delay_secs": 0.05, "concurrency": 1}}
    result = crawl(["/busy", "/1", "/2", "/3"], source=source)
    assert (result.reasons, result.holds) == ({"pages": 4}, True)
    busy = next(hit.at for hit in server.hits if hit.path == "/busy")
    later = [hit.at - busy for hit in server.hits if hit.at > busy]
    assert min(later) >= (0.9 if form == "seconds" else 0.5), "a date has whole seconds only"


def test_an_absurd_retry_after_is_capped_and_noted_and_a_negative_one_ignored(crawl: Any, server: Any) -> None:
    server.on_all()
    server.on("/never", server.page("", 503, Retry_After="999999"), server.page("<b>back</b>"))
    server.on("/negative", server.page("", 503, Retry_After="-7"), server.page("<b>back</b>"))
    source = {"politeness": {"delay_secs": 0, "concurrency": 1, "max_retry_after_secs": 0.2}}
    result = crawl(["/never", "/negative"], source=source)
    assert (result.items, result.holds) == (["back", "back"], True)
    assert result.notes == ["Retry-After of 999999 s; 0.2 s were kept"]
    assert result.secs < 60


def test_a_request_older_than_its_age_is_not_tried_again(crawl: Any, server: Any) -> None:
    server.on_all(server.page("", 503, Retry_After="100"))
    result = crawl(["/x"], source={"fetch": {"max_age_secs": 1}})
    assert (result.reasons, result.letters["/x"].attempts, result.secs < 60) == ({"http_5xx": 1}, 1, True)
    assert "max_age_secs" in result.letters["/x"].message


def test_what_robots_txt_forbids_is_dropped_without_a_letter(crawl: Any, server: Any) -> None:
    server.on_all()
    server.on("/robots.txt", server.page("User-agent: *\nDisallow: /private", kind="text/plain"))
    result = crawl(["/private/1", "/public"])
    assert (result.reasons, result.letters, result.holds) == ({"pages": 1, "robots": 1}, {}, True)
    assert server.paths() == ["/public"]
    assert [hit.path for hit in server.hits].count("/robots.txt") == 1


def test_robots_txt_is_ignored_where_the_source_says_why(crawl: Any, server: Any) -> None:
    server.on_all()
    server.on("/robots.txt", server.page("User-agent: *\nDisallow: /", kind="text/plain"))
    politeness = {"delay_secs": 0, "robots": {"ignore": True, "because": "contract"}}
    result = crawl(["/x"], source={"politeness": politeness})
    assert (result.reasons, server.paths()) == ({"pages": 1}, ["/x"])
    assert len(server.hits) == 1


def test_a_robots_txt_that_fails_on_the_server_forbids_everything(crawl: Any, server: Any) -> None:
    server.on_all()
    server.on("/robots.txt", server.page("", 503))
    result = crawl(["/x", "/y"])
    assert (result.reasons, result.holds, server.paths()) == ({"robots": 2}, True, [])
    assert [hit.path for hit in server.hits].count("/robots.txt") == 3
    assert "503" in result.notes[0]


def test_a_robots_txt_that_is_a_page_of_html_forbids_nothing(crawl: Any, server: Any) -> None:
    server.on_all()
    server.on("/robots.txt", server.page("<html><body>Disallow: me not</body></html>"))
    assert crawl(["/x"]).reasons == {"pages": 1}


def test_a_huge_robots_txt_is_read_as_far_as_it_must_be(crawl: Any, server: Any) -> None:
    server.on_all()
    rules = b"User-agent: *\nDisallow: /private\n" + b"# x\n" * 2_000_000 + b"Disallow: /\n"
    server.on("/robots.txt", server.page(rules, kind="text/plain"))
    result = crawl(["/private", "/x"])
    assert (result.reasons, result.holds) == ({"robots": 1, "pages": 1}, True)


def test_robots_txt_is_followed_through_redirects_and_asked_for_at_each_origin(crawl: Any, server: Any) -> None:
    server.on_all()
    server.on("/robots.txt", server.page("", 301, Location="/elsewhere.txt"))
    server.on("/elsewhere.txt", server.page("User-agent: *\nDisallow: /private", kind="text/plain"))
    result = crawl(["/private", "http://www.shop.test/private"])
    assert (result.reasons, result.holds) == ({"robots": 2}, True)


def test_a_crawl_delay_lengthens_the_delay_up_to_the_cap(crawl: Any, server: Any) -> None:
    server.on_all()
    server.on("/robots.txt", server.page("User-agent: *\nCrawl-delay: 3600", kind="text/plain"))
    politeness = {"delay_secs": 0, "concurrency": 1, "max_crawl_delay_secs": 0.2}
    result = crawl(["/1", "/2", "/3"], source={"politeness": politeness})
    assert min(gaps(server)) >= 0.2 - MARGIN_SECS
    assert set(result.notes) == {"robots.txt of http://shop.test asks for a delay of 3600 s; 0.2 s were kept"}


def test_we_say_who_we_are(crawl: Any, server: Any) -> None:
    server.on_all()
    crawl(["/x"], source={"contact": "mailto:data@company.example"})
    headers = server.hits[-1].headers
    assert headers["user-agent"].startswith("Scrapeline/")
    assert headers["user-agent"].endswith(" (+mailto:data@company.example)")
    assert headers["accept-language"] == "en"
    assert headers["accept-encoding"] == "gzip, deflate, br, zstd"
    assert headers["accept"].startswith("text/html")
    assert headers["host"] == "shop.test"
    assert all(hit.headers["user-agent"] == headers["user-agent"] for hit in server.hits)


def test_the_source_may_say_who_it_is_and_robots_txt_is_read_for_that_name(crawl: Any, server: Any) -> None:
    server.on_all()
    server.on("/robots.txt", server.page("User-agent: shopbot\nDisallow: /", kind="text/plain"))
    assert crawl(["/x"]).reasons == {"pages": 1}
    assert crawl(["/x"], source={"user_agent": "ShopBot/2.0"}).reasons == {"robots": 1}


def test_one_slow_host_does_not_hold_up_the_others(crawl: Any, server: Any, other_server: Any) -> None:
    async def slow(_hit: Any, writer: asyncio.StreamWriter) -> None:
        for _ in range(600):
            if len(fast_pages()) == 120:
                break
            await asyncio.sleep(0.1)
        writer.write(other_server.page("<b>slow</b>"))
        waited_for.append(len(fast_pages()))

    def fast_pages() -> list[str]:
        return [hit.path for hit in server.hits if hit.path != "/robots.txt"]

    waited_for: list[int] = []

    server.on_all()
    other_server.on_all(slow)
    urls = [f"http://host{n}.test/{page}" for n in range(40) for page in range(3)] + ["http://slow.test/x"]
    resolve = [f"slow.test:80:127.0.0.1:{other_server.port}", f"*:80:127.0.0.1:{server.port}"]
    result = crawl(urls, source={"resolve": resolve})
    assert (result.reasons, result.holds) == ({"pages": 121}, True)
    assert waited_for == [120], "all others were served while the slow one had not answered"


def test_a_parse_that_takes_long_leaves_other_hosts_pace_alone(crawl: Any, server: Any) -> None:
    server.on_all()

    def read(page: Any) -> Any:
        if page.request.url.endswith("/long"):
            end = time.monotonic() + 3
            while time.monotonic() < end:
                pass
        return crawl.read_links(page)

    urls = ["http://a.test/long", *(f"http://b.test/{n}" for n in range(8))]
    result = crawl(urls, read=read, source={"politeness": {"delay_secs": 0.1}})
    assert (result.reasons, result.holds) == ({"pages": 9}, True)
    assert max(gaps(server)) < 2.5, "nobody waited for the 3 s that the parse took"


def test_visits_take_turns_at_a_host(crawl: Any, server: Any) -> None:
    server.on_all(answer_late)
    fetcher = crawl.open({"politeness": {"delay_secs": 0, "concurrency": 1}})
    [(key, spec)] = crawl.specs(1, 6)

    def one_visit() -> int:
        visit = fetcher.visit()
        visit.admit(key, [spec])
        return sum(ended.page is not None for ended in visit.drain())

    with ThreadPoolExecutor(4) as threads:
        visits = [threads.submit(one_visit) for _ in range(4)]
        assert [visit.result() for visit in visits] == [6, 6, 6, 6]
    assert server.most_at_once == 1
