"""The JSON that a page fetches for itself: which of it is kept, until when it is waited for, and what is said."""

# ruff: noqa: E501  pages and cases read best on one line

import asyncio
import json

import pytest

from scrapers.browsing import answers
from scrapers.browsing.answers import AnswerCatcher
from scrapers.browsing.failures import NotReady

LONG_SECS = 40.0


@pytest.fixture(scope="module")
def page(run, chromium):
    context = run(chromium.browser.new_context())
    yield run(context.new_page())
    run(context.close())


def answer(body, content_type="application/json", status=200, head=""):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = f"HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\n{head}Content-Length: {len(content)}\r\n\r\n"
    return lines.encode() + content


@pytest.fixture
def site(server):
    """A page that runs a script, and what it may fetch."""
    server.on("/api/menu", answer({"menu": []}))
    server.on("/api/products?page=1", answer({"rows": [1]}))
    server.on("/api/products?page=2", answer({"rows": [2]}))

    def write(script):
        server.on("/", server.page(f"<script>{script}</script>"))
        return f"http://127.0.0.1:{server.port}/"

    return write


@pytest.fixture
def catch(run, page, site):
    """(path, body) of what was kept of the script's requests, and the notes."""

    def caught(script, *patterns, secs=LONG_SECS, max_bytes=1_000_000, before=None):
        url = site(script)

        async def on_loop():
            catcher = AnswerCatcher(page, patterns, max_bytes)
            try:
                await page.goto(url)
                if before is not None:
                    await before(page)
                kept = await catcher.collected(asyncio.get_running_loop().time() + secs)
                return [(one.url.split("/", 3)[3], one.body) for one in kept], catcher.notes
            finally:
                catcher.close()

        return run(on_loop(), LONG_SECS + 15)

    return caught


ALL = "for (const path of ['menu', 'products?page=1', 'products?page=2']) fetch('/api/' + path);"
IN_TURN = "(async () => { for (const page of [1, 2]) await fetch('/api/products?page=' + page) })();"


async def until_done(page):
    """Until the page says that it is done with what it does."""
    await page.wait_for_function("window.done", timeout=LONG_SECS * 1000)


def test_what_matches_a_pattern_is_kept_in_order_of_arrival(catch):
    kept, notes = catch(IN_TURN + "fetch('/api/menu')", "/api/products?page=2", "*/api/products?page=1")

    assert kept == [("api/products?page=1", b'{"rows": [1]}'), ("api/products?page=2", b'{"rows": [2]}')]
    assert notes == ()


def test_each_pattern_is_waited_for(catch):
    kept, _ = catch("setTimeout(() => fetch('/api/products?page=1'), 300)", "/api/prod*")

    assert kept == [("api/products?page=1", b'{"rows": [1]}')]


def test_without_a_pattern_all_json_is_kept_and_none_is_waited_for(catch):
    kept, _ = catch(f"{ALL} window.done = true", before=until_done)

    assert sorted(path for path, _ in kept) == ["api/menu", "api/products?page=1", "api/products?page=2"]
    assert catch("", "*") == ([], ())


def test_json_is_known_by_its_type_or_by_what_it_holds(catch, server):
    for path, body, content_type in [
        ("plain", b'[{"a": 1}]', "text/plain"), ("guarded", b")]}'\n{\"a\": 1}", "text/html"),
        ("ld", b"{}", "application/ld+json"), ("html", b"<p>x</p>", "text/html"), ("words", b"while we wait", "text/plain"),
        ("nothing", b"", "application/json"), ("code", b"let a = 1", "text/javascript"),
    ]:  # fmt: skip
        server.on(f"/{path}", answer(body, content_type))
    script = "Promise.all(['plain', 'guarded', 'ld', 'html', 'words', 'nothing', 'code'].map(x => fetch('/' + x).then(r => r.text())))"

    kept, notes = catch(f"{script}.then(() => window.done = true)", before=until_done)

    assert {path for path, _ in kept} == {"plain", "guarded", "ld"}
    assert notes == ()


def test_xhr_redirects_and_posts_count_by_any_url_on_the_way(catch, server):
    server.on("/old", answer(b"", status=302, head="Location: /new?token=s3cret\r\n"))
    server.on("/new?token=s3cret", answer({"new": True}))

    kept, _ = catch(
        "const x = new XMLHttpRequest(); x.open('POST', '/old'); x.send('{}')",
        "/old",
    )

    assert kept == [("new?token=s3cret", b'{"new": true}')]


def test_a_pattern_without_an_answer_names_itself_and_what_there_was(catch, server):
    server.on("/api/refused?key=s3cret", answer({"error": 1}, status=403))
    script = f"{ALL} fetch('/api/refused?key=s3cret')"

    with pytest.raises(NotReady) as failure:
        catch(script, "/api/lamps", "/api/refused*", secs=2)

    said = str(failure.value)
    assert said.startswith(
        "no JSON answer came from `/api/lamps`, `/api/refused*`; answered with an error: 127.0.0.1/api/"
    )
    assert "(403); the page asked for" in said
    assert "127.0.0.1/api/menu" in said
    assert "s3cret" not in said


def test_a_page_that_asks_for_ever_is_done_when_all_that_was_asked_for_is_there(catch, server, monkeypatch):
    monkeypatch.setattr(answers, "_LAST_SECS", 0.3)

    async def never(hit, writer):
        await asyncio.sleep(LONG_SECS * 2)

    server.on("/api/poll", never)

    kept, notes = catch("fetch('/api/menu'); fetch('/api/poll')", "/api/menu", "/api/*")
    assert [path for path, _ in kept] == ["api/menu"]
    assert notes == ("xhr: no answer yet from 127.0.0.1/api/poll",)
    kept, notes = catch("fetch('/api/poll')")
    assert (kept, notes) == ([], ())


def test_there_is_an_end_to_what_is_kept(catch, server, monkeypatch):
    monkeypatch.setattr(answers, "_MAX_ANSWERS", 3)
    server.on("/api/large", answer({"text": "x" * 5000}))
    many = "(async () => { for (let n = 0; n < 6; n++) await (await fetch('/api/menu')).text(); window.done = true })()"

    kept, notes = catch(many, "/api/*", before=until_done)
    assert len(kept) == 3
    assert notes == ("xhr: more than 3 answers or 20000000 bytes; the rest was left",)

    large = "fetch('/api/large').then(r => r.text()).then(() => window.done = true)"
    kept, notes = catch(large, max_bytes=1000, before=until_done)
    assert (kept, notes) == ([], ("xhr: the answer of 127.0.0.1/api/large is too large and was left",))


def test_what_an_earlier_document_fetched_is_not_this_page_s(catch, server):
    server.on("/next", server.page("<script>fetch('/api/products?page=1').then(() => window.done = true)</script>"))

    async def go_on(page):
        await page.wait_for_function("window.ready_to_go", timeout=LONG_SECS * 1000)
        await page.evaluate("location.href = '/next'")
        await until_done(page)

    kept, _ = catch("fetch('/api/menu').then(r => r.text()).then(() => window.ready_to_go = true)", before=go_on)

    assert [path for path, _ in kept] == ["api/products?page=1"]


def test_answers_of_frames_workers_of_service_and_the_cache_count_too(catch, server):
    worker = (
        "onfetch = e => e.respondWith(new Response('{\"by\": \"worker\"}', {headers: {'Content-Type': 'application/json'}}));"
        "onactivate = e => e.waitUntil(clients.claim())"
    )
    server.on("/worker.js", answer(worker.encode(), "text/javascript"))
    server.on("/frame", server.page("<script>fetch('/api/products?page=1')</script>"))
    server.on("/api/cached", answer({"cached": 1}, head="Cache-Control: max-age=1000\r\n"))
    script = """document.write('<iframe src=/frame></iframe>'); (async () => {
      await (await fetch('/api/cached')).text(); await (await fetch('/api/cached')).text();
      await navigator.serviceWorker.register('/worker.js');
      await new Promise(done => navigator.serviceWorker.controller ? done() : navigator.serviceWorker.oncontrollerchange = done);
      await (await fetch('/api/worked')).text();
    })()"""

    kept, _ = catch(script, "/api/worked", "/api/products*", "/api/cached")

    assert [path for path, _ in kept].count("api/cached") == 2
    assert ("api/worked", b'{"by": "worker"}') in kept
    assert ("api/products?page=1", b'{"rows": [1]}') in kept
