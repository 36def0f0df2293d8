"""Requests that the browser carries out: the same ends, pace, permission and guard as over HTTP."""

import asyncio
import itertools
import socket
import threading
import time
from collections import Counter
from typing import Any

import psutil
import pytest

from schemas.request import Request
from scrapers.browsing.executable import BrowserMissing, find_browser
from scrapers.browsing.settings import BrowserSettings
from scrapers.extraction.document import Document

try:
    find_browser()
except BrowserMissing as missing:
    pytest.skip(f"needs: Chromium ({missing})", allow_module_level=True)

SCRIPT = """<script>setTimeout(() => {{
const b = document.createElement('b'); b.textContent = '{0}'; document.body.append(b)}}, 20)</script>"""
SEEN = """<p style="margin-top: 10px">x</p><script>new IntersectionObserver(seen => {
if (!seen.some(one => one.isIntersecting)) return
const b = document.createElement('b'); b.textContent = 'seen'; document.body.append(b)
}).observe(document.querySelector('p'))</script>"""
BROWSER = {"fetch": {"mode": "browser", "ready": {"css": "b"}}}


def rendered(**fetch: Any) -> dict[str, Any]:
    """A source of rendered pages; `fetch` on top."""
    return {"fetch": {"mode": "browser", "ready": {"css": "b"}, **fetch}}


def paths(server: Any) -> list[str]:
    return [path for path in server.paths() if path != "/robots.txt"]


def renderers() -> list[psutil.Process]:
    """Of the Chromium that this process has started."""
    below = psutil.Process().children(recursive=True)
    return [one for one in below if one.is_running() and "--type=renderer" in " ".join(one.cmdline())]


def browsers() -> list[psutil.Process]:
    below = psutil.Process().children(recursive=True)
    return [
        one
        for one in below
        if "--remote-debugging-pipe" in " ".join(one.cmdline()) and "--type=" not in str(one.cmdline())
    ]


def test_what_scripts_make_of_a_page_is_read_and_said_to_be_rendered(crawl: Any, server: Any) -> None:
    for number in range(6):
        server.on(f"/{number}", server.page(SCRIPT.format(number)))
    result = crawl([f"/{number}" for number in range(6)], source=BROWSER)

    assert (result.items, result.holds) == ([str(number) for number in range(6)], True)
    ended = result.ended["/3"]
    assert (ended.outcome.rendered, ended.page.rendered, ended.page.status) == (True, True, 200)
    assert ended.outcome.browser_secs > 0
    assert sum(one.outcome.bytes for one in result.scraped) > 600
    assert b"<b>3</b>" in ended.page.body
    assert sorted(paths(server)) == [f"/{number}" for number in range(6)]


def test_a_page_that_is_never_ready_is_a_letter_with_its_picture_and_costs_nobody_else(crawl: Any, server: Any) -> None:
    server.on("/never", server.page("<p>waiting</p>"))
    server.on("/fine", server.page(SCRIPT.format("fine")))
    result = crawl(["/never", "/fine"], source=rendered(timeout_secs=1.5))

    assert (result.items, result.reasons, result.holds) == (["fine"], {"pages": 1, "not_ready": 1}, True)
    ended = result.ended["/never"]
    assert "b" in ended.letter.message
    assert b"waiting" in ended.page.body
    assert ended.page.screenshot.startswith(b"\xff\xd8"), "JPEG"


def test_a_page_that_needs_layout_gets_it_and_so_do_those_after_it(crawl: Any, server: Any) -> None:
    server.on_all(server.page(SEEN))
    result = crawl(["/0", "/1", "/2"], source=rendered(timeout_secs=3) | {"politeness": {"delay_secs": 0}})

    assert (result.items, result.holds) == (["seen"] * 3, True)
    assert paths(server) == ["/0", "/0", "/1", "/2"]


def test_auto_renders_only_what_lacks_something_over_http(crawl: Any, server: Any) -> None:
    for number in range(8):
        body = SCRIPT.format(number) if number % 4 == 3 else f"<b>{number}</b>"
        server.on(f"/{number}", server.page(body))
    result = crawl([f"/{number}" for number in range(8)], source={"fetch": {"mode": "auto", "ready": {"css": "b"}}})

    assert (result.items, result.holds) == ([str(number) for number in range(8)], True)
    assert {path for path, one in result.ended.items() if one.outcome.rendered} == {"/3", "/7"}
    assert result.ended["/3"].outcome.http_lacked == "no items"
    assert sorted(paths(server)) == ["/0", "/1", "/2", "/3", "/3", "/4", "/5", "/6", "/7", "/7"]


def test_no_error_over_http_leads_to_the_browser(crawl: Any, server: Any) -> None:
    server.on("/gone", server.page("", 404))
    server.on("/broken", server.page("", 500))
    source = {"fetch": {"mode": "auto", "retries": 1}}
    result = crawl(["/gone", "/broken"], source=source)

    assert result.reasons == {"http_4xx": 1, "http_5xx": 1}
    assert sorted(paths(server)) == ["/broken", "/broken", "/gone"]
    assert not browsers()


def test_where_the_browser_fails_too_http_s_items_count(crawl: Any, server: Any) -> None:
    server.on_all(server.page("<b></b><b>half</b>"))
    source = {
        "fetch": {"mode": "auto", "ready": {"css": "i"}, "timeout_secs": 1},
        "fields": {"title": {"css": "b", "required": True}},
    }
    result = crawl(["/x"], source=source, read=lambda page: lacking(crawl.read_links(page)))

    assert (result.items, result.reasons, result.holds) == (["half"], {"pages": 1}, True)
    assert any("the browser was asked" in note for note in result.notes)


def lacking(reading: Any) -> Any:
    reading.items = [item for item in reading.items if item["title"]]
    reading.missing = {"title": 1}
    return reading


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest/meta-data/", "http://10.1.2.3/x", "http://[::1]:81/"]
)
def test_a_document_that_leads_to_a_private_address_is_refused(crawl: Any, server: Any, target: str) -> None:
    server.on("/away", server.page("", 302, Location=target))
    server.on("/script", server.page(f"<script>location.href = '{target}'</script>"))
    result = crawl(
        ["/away", "/script"], source=rendered(timeout_secs=3) | {"resolve": [f"shop.test:80:127.0.0.1:{server.port}"]}
    )

    assert (result.reasons, result.holds) == ({"address_refused": 2}, True)


def test_what_a_page_asks_for_besides_is_refused_and_noted(crawl: Any, server: Any) -> None:
    server.on("/x", server.page("<b>x</b><script>fetch('http://10.9.9.9/')</script><img src='http://192.168.0.1/a'>"))
    result = crawl(
        ["/x"], source={"fetch": {"mode": "browser", "block": []}, "resolve": [f"shop.test:80:127.0.0.1:{server.port}"]}
    )

    assert (result.items, result.reasons) == (["x"], {"pages": 1})
    assert any("10.9.9.9" in note for note in result.notes)


def test_a_redirect_to_what_robots_forbids_is_left_out(crawl: Any, server: Any, other_server: Any) -> None:
    server.on("/x", server.page("", 302, Location="http://other.test/secret"))
    other_server.on_all(other_server.page("<b>secret</b>"))
    other_server.on("/robots.txt", other_server.page("User-agent: *\nDisallow: /secret", Content_Type="text/plain"))
    resolve = [f"other.test:80:127.0.0.1:{other_server.port}", f"*:80:127.0.0.1:{server.port}"]
    result = crawl(["/x"], source=BROWSER | {"resolve": resolve})

    assert (result.reasons, result.items) == ({"robots": 1}, [])


def test_a_page_that_kills_its_tab_twice_is_poison_and_its_neighbours_live(crawl: Any, server: Any) -> None:
    async def kill(_hit: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>" + b" " * 5000)
        await writer.drain()
        await asyncio.sleep(0.5)
        for renderer in renderers():
            renderer.kill()

    for number in range(4):
        server.on(f"/{number}", server.page(SCRIPT.format(number)))
    server.on("/kill", kill)
    result = crawl(["/kill", *(f"/{number}" for number in range(4))], source=rendered(retries=5))

    told = [letter.message for letter in result.letters.values()]
    assert (result.reasons, result.holds) == ({"pages": 4, "poison": 1}, True), told
    assert result.items == ["0", "1", "2", "3"]
    assert paths(server).count("/kill") == 2


def test_a_killed_chromium_costs_a_retry(crawl: Any, server: Any) -> None:
    killed: list[int] = []

    async def kill(_hit: Any, writer: asyncio.StreamWriter) -> None:
        if not killed:
            killed.extend(browser.pid for browser in browsers())
            for browser in browsers():
                browser.kill()
        writer.write(server.page("<b>late</b>"))

    for number in range(6):
        server.on(f"/{number}", server.page(SCRIPT.format(number)))
    server.on("/kill", kill)
    result = crawl([*(f"/{number}" for number in range(6)), "/kill"], source=BROWSER)

    assert killed
    assert (result.reasons, result.holds) == ({"pages": 7}, True)
    assert result.items == ["0", "1", "2", "3", "4", "5", "late"]


def test_a_frozen_chromium_is_ended_and_its_pages_are_tried_again(crawl: Any, server: Any) -> None:
    frozen: list[int] = []

    async def freeze(_hit: Any, writer: asyncio.StreamWriter) -> None:
        if not frozen:
            for browser in browsers():
                frozen.append(browser.pid)
                browser.suspend()
        writer.write(server.page("<b>thawed</b>"))

    server.on_all(server.page(SCRIPT.format(0)))
    server.on("/freeze", freeze)
    source = rendered(timeout_secs=3, retries=3) | {"politeness": {"delay_secs": 0, "concurrency": 1}}
    result = crawl(["/0", "/freeze", "/0?again"], source=source)

    assert frozen
    assert (result.reasons, result.holds) == ({"pages": 3}, True)
    assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() == psutil.STATUS_STOPPED for pid in frozen)


def test_a_host_s_delay_is_kept_however_long_a_page_waited_for_a_tab(crawl: Any, server: Any) -> None:
    server.on_all(server.page("<b>x</b>"))
    source = BROWSER | {"politeness": {"delay_secs": 0.3, "concurrency": 8}}
    result = crawl([f"/{n}" for n in range(8)], source=source, browser=BrowserSettings(tabs=1))

    assert result.reasons == {"pages": 8}
    times = sorted(hit.at for hit in server.hits if hit.path != "/robots.txt")
    assert min(after - before for before, after in itertools.pairwise(times)) >= 0.2


def test_a_stopped_fetcher_leaves_no_browser(crawl: Any, server: Any) -> None:
    started = threading.Event()

    async def hang(_hit: Any, _writer: asyncio.StreamWriter) -> None:
        started.set()
        await asyncio.sleep(60)

    server.on_all(hang)
    flag = threading.Event()
    fetcher = crawl.open(BROWSER, stop=flag.is_set, grace_secs=0.2)
    threading.Thread(target=lambda: (started.wait(60), flag.set())).start()
    result = crawl.run(fetcher, crawl.specs(2, 3))
    fetcher.close()

    assert (result.reasons, result.holds) == ({"cancelled": 6} if len(result.reasons) == 1 else result.reasons, True)
    ends = time.monotonic() + 60
    while browsers() and time.monotonic() < ends:
        time.sleep(0.1)
    assert not browsers()


def test_a_site_that_is_not_there_is_a_connection_failure(crawl: Any, server: Any) -> None:
    closed = f"shop.test:80:127.0.0.1:{unused_port()}"
    source = rendered(retries=1, timeout_secs=5) | {"resolve": [closed], "politeness": IGNORE}
    result = crawl(["/x"], source=source)

    assert (result.reasons, result.letters["/x"].attempts) == ({"connection": 1}, 2)


def test_an_advertisement_that_was_refused_does_not_say_why_a_page_is_not_complete(crawl: Any, server: Any) -> None:
    server.on("/x", server.page("<script>fetch('http://10.9.9.9/')</script>"))
    source = rendered(timeout_secs=1) | {"resolve": [f"shop.test:80:127.0.0.1:{server.port}"]}
    result = crawl(["/x"], source=source)

    assert result.reasons == {"not_ready": 1}


@pytest.mark.parametrize("url", ["file:///etc/passwd", "data:text/html,<b>x</b>", "view-source:http://shop.test/x"])
def test_only_http_is_opened(crawl: Any, server: Any, url: str) -> None:
    server.on_all()
    fetcher = crawl.open(BROWSER | {"politeness": IGNORE})
    scraped = fetcher.fetch(Request("shop", url, "e" * 24))

    assert scraped.letter.reason == "address_refused"
    assert not server.hits


def test_a_redirect_within_a_site_asks_robots_too_and_one_through_a_host_outside_is_refused(
    crawl: Any, server: Any
) -> None:
    server.on("/robots.txt", server.page("User-agent: *\nDisallow: /private", Content_Type="text/plain"))
    server.on("/a", server.page("", 302, Location="/private/b"))
    server.on("/out", server.page("", 302, Location="http://outside.test/back"))
    server.on("/back", server.page("", 302, Location="http://shop.test/in"))
    server.on("/private/b", server.page("<b>private</b>"))
    server.on("/in", server.page("<b>in</b>"))
    result = crawl(["/a", "/out"], source=BROWSER | {"allow_hosts": ["shop.test"]})

    assert (result.reasons, result.items) == ({"robots": 1, "address_refused": 1}, [])


IGNORE = {"delay_secs": 0, "concurrency": 4, "robots": {"ignore": True, "because": "a test"}}


def unused_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def test_what_the_browser_decoded_is_not_decoded_again(crawl: Any, server: Any) -> None:
    body = "<meta charset=windows-1252><p>x</p>" + SCRIPT.format("caf\\u00e9 \\u20ac")
    server.on("/x", server.page(body.encode("cp1252"), Content_Type="text/html; charset=windows-1252"))
    result = crawl(["/x"], source=BROWSER | {"fetch": {"mode": "browser", "ready": {"css": "b"}, "charset": "cp1252"}})

    page = result.ended["/x"].page
    assert page.header("content-type") == "text/html; charset=utf-8"
    assert "café €" in Document(page, "cp1252").text


def test_a_tab_that_nobody_wants_stops_what_its_page_does(
    crawl: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scrapers.browsing.tab_pool._WATCH_SECS", 0.3)
    server.on("/x", server.page("<b>x</b><script>setInterval(() => fetch('/tick'), 50)</script>"))
    server.on("/tick", server.page(""))
    fetcher = crawl.open(BROWSER)
    assert fetcher.fetch(Request("shop", "http://shop.test/x", "e" * 24)).items
    ends = time.monotonic() + 60
    before = -1
    while before != server.paths().count("/tick") and time.monotonic() < ends:
        before = server.paths().count("/tick")
        time.sleep(1)
    assert time.monotonic() < ends
    server.on("/x?2", server.page("<b>x</b>"))
    assert fetcher.fetch(Request("shop", "http://shop.test/x?2", "f" * 24)).items


@pytest.mark.parametrize("block", [["images", "fonts", "media"], ["images", "stylesheets"], []])
def test_what_a_source_blocks_is_not_asked_for_and_nothing_else(crawl: Any, server: Any, block: list[str]) -> None:
    page = (
        "<link rel=stylesheet href=/a.css><img src=/a.png><img src='/thumb?id=1'><script src=/a.js></script>"
        "<style>@font-face {font-family: f; src: url(/a.woff2)} p {font-family: f}</style><p>text</p>"
        "<video src=/a.mp4 preload=auto></video>"
    )
    server.on_all(server.page(page + SCRIPT.format("x")))
    for kind in ("css", "png", "js", "woff2", "mp4"):
        server.on(f"/a.{kind}", server.page("", Content_Type="text/css" if kind == "css" else "text/plain"))
    server.on("/thumb?id=1", server.page(""))
    source = rendered(block=block, layout=True) | {"politeness": {"delay_secs": 0, "concurrency": 1}}
    assert crawl(["/0", "/1"], source=source).items == ["x", "x"]

    asked = Counter(path for path in paths(server) if path not in ("/0", "/1"))
    assert asked["/a.js"] == 2
    assert bool(asked["/a.css"]) == ("stylesheets" not in block)
    assert bool(asked["/a.png"]) == ("images" not in block)
    assert bool(asked["/a.woff2"]) == ("fonts" not in block)
    if "images" in block and "stylesheets" not in block:
        assert not asked["/thumb?id=1"], "known as a picture whatever its URL looks like"
    if "media" in block:
        assert asked["/a.mp4"] <= 1, "the first page of a type shows whether there is any"


def test_what_a_status_means_is_decided_without_waiting_for_the_page(crawl: Any, server: Any) -> None:
    server.on("/gone", server.page("<h1>gone</h1>", 404))
    server.on("/broken", server.page("<h1>sorry</h1>", 500))
    server.on("/odd", server.page(SCRIPT.format("odd"), 410))
    source = rendered(retries=1, timeout_secs=300) | {"status": {"404": "drop", "410": "parse"}}
    result = crawl(["/gone", "/broken", "/odd"], source=source)

    assert (result.reasons, result.holds) == ({"status_drop": 1, "http_5xx": 1, "pages": 1}, True)
    assert (result.items, result.ended["/broken"].letter.status) == (["odd"], 500)
    assert paths(server).count("/broken") == 2


def test_pages_that_are_never_ready_do_not_keep_others_from_their_layout(crawl: Any, server: Any) -> None:
    server.on("/never", server.page("<p>never</p>"))
    server.on("/seen", server.page(SEEN))
    source = rendered(timeout_secs=2) | {"politeness": {"delay_secs": 0, "concurrency": 1}}
    result = crawl(["/never", "/seen"], source=source)

    assert (result.items, result.reasons) == (["seen"], {"pages": 1, "not_ready": 1})
