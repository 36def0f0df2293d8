"""A crawl as a whole: follow-ups, other hosts, carried items, limits, archives, block pages."""

import dataclasses
from typing import Any, cast
from urllib.parse import urljoin

import pytest

from schemas.page import Page
from schemas.reading import Reading
from schemas.request import Request


def link(*paths: str) -> str:
    return "".join(f'<a href="{path}">x</a>' for path in paths)


def test_follow_ups_of_the_same_domain_join_its_queue_and_each_is_fetched_once(crawl: Any, server: Any) -> None:
    server.on("/", server.page("<b>home</b>" + link("/a", "/b", "http://www.shop.test/c", "/")))
    server.on("/a", server.page("<b>a</b>" + link("/b", "/")))
    server.on("/b", server.page("<b>b</b>" + link("/a")))
    server.on("/c", server.page("<b>c</b>"))
    result = crawl(["/"])
    assert (result.items, result.reasons, result.holds) == (["a", "b", "c", "home"], {"pages": 4}, True)
    assert sorted(server.paths()) == ["/", "/a", "/b", "/c"]


def test_requests_for_other_domains_leave_in_batches_by_key(crawl: Any, server: Any) -> None:
    server.on("/", server.page(link(*[f"http://other.test/{n}" for n in range(250)], "http://third.test/")))
    result = crawl(["/"])
    assert (result.reasons, result.holds) == ({"pages": 1}, True)
    assert sorted(len(spec.requests) for spec in result.onward) == [1, 50, 100, 100]


def test_in_the_last_round_requests_for_other_domains_are_letters(crawl: Any, server: Any) -> None:
    server.on("/", server.page("<b>home</b>" + link("http://other.test/1")))
    result = crawl(["/"], onward=False)
    assert (result.reasons, result.holds, result.onward) == ({"pages": 1, "rounds_exceeded": 1}, True, [])


def test_a_second_round_ends_what_the_first_one_left(crawl: Any, server: Any) -> None:
    server.on("/", server.page("<b>home</b>" + link("http://other.test/1", "http://other.test/2")))
    server.on("/1", server.page("<b>one</b>"))
    server.on("/2", server.page("<b>two</b>"))
    first = crawl(["/"])
    second = crawl.run(crawl.fetcher, [(("other.test", 0), spec) for spec in first.onward], onward=False)
    assert (second.items, second.holds) == (["one", "two"], True)


def carrying(to: str) -> Any:
    """Reads a page of one item, which goes along with a request for `to`; that page adds nothing."""

    def read(page: Page) -> Reading:
        request = page.request
        if request.item is not None:
            return Reading([{**request.item, "price": 1}], "t.items")
        url = urljoin(page.url, to)
        return Reading(
            follow_ups=[dataclasses.replace(request, url=url, item={"title": "lamp"}, request_id="", depth=1)]
        )

    return read


def test_a_carried_item_is_an_item_when_its_last_page_is_parsed(crawl: Any, server: Any) -> None:
    server.on("/", server.page("x"))
    server.on("/detail", server.page("y"))
    result = crawl(["/"], read=carrying("/detail"))
    assert (result.reasons, result.holds) == ({"pages": 2}, True)
    assert [one.items for one in result.scraped if one.items] == [[{"title": "lamp", "price": 1}]]


@pytest.mark.parametrize("if_failed", ["dead", "emit"])
def test_the_letter_of_a_request_holds_the_item_that_it_carried(crawl: Any, server: Any, if_failed: str) -> None:
    server.on("/", server.page("x"))
    result = crawl(["/"], read=carrying("/gone"), source={"if_failed": if_failed})
    assert (result.reasons, result.holds) == ({"pages": 1, "http_4xx": 1}, True)
    assert result.letters["/gone"].item == {"title": "lamp"}
    assert result.items == (["lamp"] if if_failed == "emit" else [])
    assert result.ended["/gone"].table == ("t.items" if if_failed == "emit" else "")


@pytest.mark.parametrize("if_failed", ["dead", "emit"])
def test_a_carried_item_is_dropped_with_its_request_unless_it_is_to_be_emitted(
    crawl: Any, server: Any, if_failed: str
) -> None:
    server.on("/robots.txt", server.page("User-agent: *\nDisallow: /detail", kind="text/plain"))
    server.on("/", server.page("x"))
    result = crawl(["/"], read=carrying("/detail"), source={"if_failed": if_failed})
    assert (result.reasons, result.holds) == ({"pages": 1, "robots": 1}, True)
    assert result.items == (["lamp"] if if_failed == "emit" else [])


def test_status_says_what_is_parsed_dropped_dead_or_blocked(crawl: Any, server: Any) -> None:
    for status in (404, 410, 418, 500):
        server.on(f"/{status}", server.page(f"<b>{status}</b>", status))
    policies = {"404": "parse", "410": "drop", "4xx": "blocked", "5xx": "dead"}
    result = crawl(["/404", "/410", "/418", "/500"], source={"status": policies})
    assert result.items == ["404"]
    assert (result.reasons, result.holds) == ({"pages": 1, "status_drop": 1, "blocked": 1, "http_5xx": 1}, True)
    assert result.letters["/500"].attempts == 1


def test_a_source_is_paused_after_three_block_pages_in_a_row(crawl: Any, server: Any) -> None:
    server.on_all(server.page("<b>robot?</b>"))

    def read(page: Page) -> Reading:
        return Reading(verdict="blocked", marker="a CAPTCHA")

    source = {"politeness": {"delay_secs": 0.05, "concurrency": 1}}
    result = crawl([f"/{n}" for n in range(10)], read=read, source=source)
    assert (result.items, result.reasons["blocked"], len(server.paths()), result.holds) == ([], 3, 3, True)
    assert any("paused after 3 pages blocked" in note for note in result.notes)


def test_a_login_wall_is_a_letter_of_its_own_kind(crawl: Any, server: Any) -> None:
    server.on("/", server.page("<b>x</b>"))
    result = crawl(["/"], read=lambda _: Reading(verdict="login_required", marker="a password field"))
    assert (result.reasons, result.items, result.holds) == ({"login_required": 1}, [], True)


def test_a_403_with_a_block_page_is_blocked(crawl: Any, server: Any) -> None:
    body = "<title>Just a moment...</title><p>Checking your browser before accessing shop.test</p>"
    server.on("/", server.page(body, 403))
    result = crawl(["/"])
    assert (result.reasons, result.holds) == ({"blocked": 1}, True)


def test_a_limit_of_pages_cuts_the_seeds_and_says_so_without_expanding_them(crawl: Any, server: Any) -> None:
    server.on_all()
    seeds = {"urls": "http://shop.test/${params.n}", "params": {"n": "1..1000000"}}
    result = crawl([], source={"seeds": seeds}, limit=7)
    assert (result.reasons, result.holds) == ({"pages": 7}, True)
    assert len(result.notes) == 1
    assert "further" in result.notes[0]


def test_a_limit_that_is_just_enough_is_no_limit_reached(crawl: Any, server: Any) -> None:
    server.on_all()
    seeds = {"urls": "http://shop.test/${params.n}", "params": {"n": "1..7"}}
    result = crawl([], source={"seeds": seeds}, limit=7)
    assert (result.reasons, result.notes, result.holds) == ({"pages": 7}, [], True)


def test_follow_ups_count_against_the_limit_of_their_seed(crawl: Any, server: Any) -> None:
    server.on("/", server.page(link(*[f"/{n}" for n in range(20)], "http://other.test/")))
    for n in range(20):
        server.on(f"/{n}", server.page(f"<b>{n}</b>"))
    result = crawl(["/"], limit=5)
    assert result.reasons["pages"] + len(result.onward) == 5
    assert result.reasons["over_limit"] == 17
    assert (result.holds, len(result.notes)) == (True, 1)


def test_what_is_archived_is_not_fetched_again(crawl: Any, server: Any) -> None:
    def ledger(request: Request) -> Page | None:
        if request.url.endswith("/kept"):
            return Page(request, 200, request.url, (("Content-Type", "text/html"),), b"<b>kept</b>", 1.0)
        if request.url.endswith("/failed"):
            return Page(request, 503, request.url, (), b"", 1.0)
        return None

    for path in ("/kept", "/failed", "/new"):
        server.on(path, server.page("<b>fetched</b>"))
    result = crawl(["/kept", "/failed", "/new"], ledger=ledger)
    assert (result.items, result.holds) == (["fetched", "fetched", "kept"], True)
    assert sorted(server.paths()) == ["/failed", "/new"]
    assert {path: one.outcome.from_archive for path, one in result.ended.items()} == {
        "/kept": True, "/failed": False, "/new": False,
    }  # fmt: skip


def test_a_reading_that_is_none_is_a_parse_error(crawl: Any, server: Any) -> None:
    server.on("/", server.page("<b>x</b>"))
    result = crawl(["/"], read=lambda _: Reading(follow_ups=cast(Any, ["http://shop.test/"])))
    assert (result.reasons, result.holds) == ({"parse_error": 1}, True)


def test_a_sitemap_leads_to_its_pages_and_to_further_sitemaps(crawl: Any, server: Any) -> None:
    index = "<sitemapindex><sitemap><loc>http://shop.test/more.xml</loc></sitemap></sitemapindex>"
    server.on("/map.xml", server.page(index, kind="application/xml"))
    server.on("/more.xml", server.page("<urlset><url><loc>http://shop.test/a</loc></url></urlset>", kind="text/xml"))
    server.on("/a", server.page("<b>a</b>"))
    result = crawl([], source={"seeds": {"sitemap": "http://shop.test/map.xml"}})
    assert (result.items, result.reasons, result.holds) == (["a"], {"pages": 3}, True)


def test_one_page_is_fetched_without_what_it_leads_to(crawl: Any, server: Any) -> None:
    server.on("/", server.page("<b>home</b>" + link("/a", "http://other.test/")))
    fetcher = crawl.open({})
    scraped = fetcher.fetch(Request("shop", "http://shop.test/", "e" * 24))
    assert ([item["title"] for item in scraped.items], scraped.page.status, scraped.letter) == (["home"], 200, None)
    assert server.paths() == ["/"]
    assert fetcher.fetch(Request("shop", "http://shop.test/gone", "e" * 24)).letter.reason == "http_4xx"
    assert fetcher.progress().letters == {("shop", "http_4xx"): 1}
