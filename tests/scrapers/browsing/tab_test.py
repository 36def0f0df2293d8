"""What a tab gives for a page: its document, whatever it is, and how it came."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from scrapers.browsing.failures import ContentTooLarge, NavigationFailed, NotReady
from scrapers.browsing.order import Rendered, RenderOrder
from scrapers.browsing.tab import Tab
from scrapers.source_files.model_browser import Click, Ready, Step, Wait

CARDS = """<!doctype html><p class=spinner>wait</p><main></main><script>
setTimeout(() => {
  for (let k = 0; k < 3; k++) document.querySelector("main").append(document.createElement("article"));
  document.querySelector(".spinner").remove();
  window.complete = true;
}, 50)</script>"""


@pytest.fixture(params=[True, False], ids=["watched", "unwatched"])
def render(
    run: Any, server: Any, open_tab: Callable[..., Tab], request: pytest.FixtureRequest
) -> Callable[..., Rendered]:
    """Renders a path of the server in one tab: `render("/a", ready=...)`."""
    tab = open_tab(watched=request.param)

    def one(path: str, **order: Any) -> Rendered:
        order.setdefault("ready", Ready(css="html"))
        got: Rendered = run(tab.render(RenderOrder(f"http://127.0.0.1:{server.port}{path}", **order)))
        return got

    return one


def test_a_page_is_given_as_its_scripts_made_it(server: Any, render: Callable[..., Rendered]) -> None:
    server.on("/", server.page(CARDS, X_Shop="lamps"))
    got = render("/", ready=Ready(css="article"))
    assert got.html.startswith(b"<!DOCTYPE html><html>")
    assert got.html.count(b"<article>") == 3
    assert (got.status, got.url) == (200, f"http://127.0.0.1:{server.port}/")
    assert ("x-shop", "lamps") in [(name.lower(), value) for name, value in got.headers]


@pytest.mark.parametrize(
    "ready",
    [
        Ready(css="article", count=3),
        Ready(xpath="//main/article", count=3),
        Ready(gone=".spinner"),
        Ready(js="window.complete"),
        Ready(still_ms=200, gone=".spinner"),
        None,
    ],
)
def test_each_sign_of_a_complete_page_is_waited_for(
    server: Any, render: Callable[..., Rendered], ready: Ready | None
) -> None:
    server.on("/", server.page(CARDS))
    assert render("/", ready=ready).html.count(b"<article>") == 3


def test_what_a_page_lacks_is_said(run: Any, server: Any, open_tab: Callable[..., Tab]) -> None:
    server.on("/", server.page(CARDS))
    lacking = {
        Ready(css="article", count=4): 'css "article": 3 of 4',
        Ready(xpath="//nav"): 'xpath "//nav": 0 of 1',
        Ready(gone="main", css="nav"): 'css "nav": 0 of 1; "main" is still there',
        Ready(js="window.never"): 'js "window.never" did not become true',
        Ready(js="no.such"): 'js "no.such" did not become true (ReferenceError: no is not defined)',
    }

    async def render_all() -> list[BaseException | Rendered]:
        url = f"http://127.0.0.1:{server.port}/"
        orders = [RenderOrder(url, ready=ready, timeout_secs=5) for ready in lacking]
        return await asyncio.gather(
            *(tab.render(order) for tab, order in zip(tabs, orders, strict=True)), return_exceptions=True
        )

    tabs = [open_tab() for _ in lacking]
    for failure, says in zip(run(render_all()), lacking.values(), strict=True):
        assert isinstance(failure, NotReady)
        assert says in str(failure)


def test_a_condition_that_makes_no_sense_is_said_at_once_and_the_tab_goes_on(
    server: Any, render: Callable[..., Rendered]
) -> None:
    server.on("/", server.page(CARDS))
    with pytest.raises(NotReady, match="not a valid selector"):
        render("/", ready=Ready(css="a[["), timeout_secs=600)
    assert render("/", ready=Ready(css="article")).html


def test_redirects_and_pushed_states_change_the_url(server: Any, render: Callable[..., Rendered]) -> None:
    server.on("/old", server.page(status=302, Location="/new"))
    server.on("/new", server.page("<h1>new</h1><script>history.pushState({}, '', '/pushed')</script>", 201))
    got = render("/old")
    assert (got.status, got.url) == (201, f"http://127.0.0.1:{server.port}/pushed")


@pytest.mark.parametrize(
    "leaves",
    [
        "<meta http-equiv=refresh content='0;url=/late'>",
        "<script>location.href = '/late'</script>",
        "<script>setTimeout(() => location.replace('/late'), 20)</script>",
    ],
)
def test_the_document_that_a_page_leads_to_is_taken(server: Any, render: Callable[..., Rendered], leaves: str) -> None:
    server.on("/", server.page(f"<p>old</p>{leaves}"))
    server.on("/late", server.page("<h1>late</h1>", 203))
    got = render("/", ready=None)
    assert (b"<h1>late</h1>" in got.html, got.status) == (True, 203)


@pytest.mark.parametrize("status", [200, 404, 500])
def test_statuses_are_given_with_their_documents(server: Any, render: Callable[..., Rendered], status: int) -> None:
    server.on("/", server.page("<h1>it</h1>", status))
    server.on("/empty", server.page("", status))
    assert (render("/").status, b"<h1>it</h1>" in render("/").html) == (status, True)
    assert render("/empty").status == status


def test_no_content_is_an_empty_document(server: Any, render: Callable[..., Rendered]) -> None:
    server.on("/", server.page(status=204))
    assert (render("/").status, render("/").html) == (204, b"")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", '{"name": "Lämp <b>"}'),
        ("text/plain; charset=utf-8", "1 < 2\n"),
        ("application/rss+xml; charset=utf-8", "<rss><channel/></rss>"),
        ("application/xml", '<a b="1"><c>ä &amp; o</c></a>'),
    ],
)
def test_what_is_not_html_is_given_as_it_came(
    server: Any, render: Callable[..., Rendered], kind: str, body: str
) -> None:
    server.on("/", server.page(body, kind=kind))
    assert render("/", ready=None).html.decode() == body


@pytest.mark.parametrize("kind", ["application/pdf", "application/octet-stream", "image/png"])
def test_a_file_is_no_page(server: Any, render: Callable[..., Rendered], kind: str) -> None:
    server.on("/", server.page(b"\x89PNG\r\n\x1a\n", kind=kind))
    server.on("/page", server.page("<h1>page</h1>"))
    with pytest.raises(NavigationFailed, match=kind):
        render("/")
    assert render("/page").status == 200


def test_a_server_that_is_not_there_is_named_and_the_tab_goes_on(
    run: Any, server: Any, open_tab: Callable[..., Tab]
) -> None:
    server.on("/", server.page("<h1>page</h1>"))
    tab = open_tab()
    with pytest.raises(NavigationFailed) as failure:
        run(tab.render(RenderOrder("http://127.0.0.1:9/")))
    assert failure.value.net_error.startswith("net::ERR_")
    assert run(tab.render(RenderOrder(f"http://127.0.0.1:{server.port}/", ready=Ready(css="h1")))).status == 200


def test_a_page_that_leads_to_nowhere_is_a_failed_navigation(server: Any, render: Callable[..., Rendered]) -> None:
    server.on("/", server.page("<script>location.href = 'http://127.0.0.1:9/'</script>"))
    with pytest.raises(NavigationFailed) as failure:
        render("/", ready=None)
    assert failure.value.net_error.startswith("net::ERR_")


def test_what_is_no_url_is_a_failed_navigation(run: Any, open_tab: Callable[..., Tab]) -> None:
    with pytest.raises(NavigationFailed, match="invalid URL"):
        run(open_tab().render(RenderOrder("http://")))


def test_steps_are_done_and_answers_kept_before_the_content_is_read(
    run: Any, server: Any, open_tab: Callable[..., Tab]
) -> None:
    server.on("/data", server.page('{"n": 1}', kind="application/json"))
    server.on("/", server.page("<button onclick='fetch(`/data`).then(() => document.title = `done`)'>more</button>"))
    steps = (Step(click=Click(css="button")), Step(wait=Wait(js="document.title")))
    order = RenderOrder(f"http://127.0.0.1:{server.port}/", steps=steps, xhr=("/data",), layout=True)
    got = run(open_tab(layout=True).render(order))
    assert b"<title>done</title>" in got.html
    assert [one.body for one in got.captured] == [b'{"n": 1}']


def test_content_is_utf_8_whatever_it_was(server: Any, render: Callable[..., Rendered]) -> None:
    server.on("/", server.page("<h1>Größe</h1>".encode("latin-1"), kind="text/html; charset=iso-8859-1"))
    assert "Größe" in render("/").html.decode()


def test_a_url_that_differs_in_its_fragment_is_loaded_again(server: Any, render: Callable[..., Rendered]) -> None:
    server.on("/", server.page("<h1>one</h1>"), server.page("<h1>two</h1>"))
    assert b"one" in render("/").html
    assert b"two" in render("/#part").html


def test_open_shadow_roots_are_in_the_html_and_frames_are_not(server: Any, render: Callable[..., Rendered]) -> None:
    server.on(
        "/",
        server.page("""<my-price>light</my-price><iframe srcdoc="<i>framed</i>"></iframe><script>
        document.querySelector('my-price').attachShadow({mode: 'open'}).innerHTML = '<b>9.90</b>'</script>"""),
    )
    html = render("/").html
    assert b"<my-price><shadow-root><b>9.90</b></shadow-root>light</my-price>" in html
    assert b"<i>framed</i></body>" not in html


def test_a_document_that_is_too_large_is_not_shipped(server: Any, render: Callable[..., Rendered]) -> None:
    server.on("/", server.page("<script>document.write('<p>' + 'x'.repeat(3e6))</script>"))
    with pytest.raises(ContentTooLarge) as failure:
        render("/", max_bytes=2_000_000)
    assert failure.value.size_bytes > 3_000_000


def test_without_layout_a_page_is_not_laid_out(run: Any, server: Any, open_tab: Callable[..., Tab]) -> None:
    server.on("/", server.page("<p>text</p><script>document.title = document.body.offsetHeight</script>"))
    for layout in (True, False):
        html = run(open_tab(layout).render(RenderOrder(f"http://127.0.0.1:{server.port}/"))).html
        assert (b"<title>0</title>" not in html) is layout
