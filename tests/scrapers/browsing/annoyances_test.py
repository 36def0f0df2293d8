"""Pages that are in the way of being rendered: each is bounded, and the tab (or at least the browser) goes on."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from scrapers.browsing.failures import NotReady, RenderTimeout, TabCrashed
from scrapers.browsing.order import RenderOrder
from scrapers.browsing.tab import Tab
from scrapers.source_files.model_browser import Ready

END = "<h1>end</h1>"
BREAKS_ITS_WORLD = """<script>
MutationObserver = Promise = JSON = XMLSerializer = null;
Array.prototype.some = Array.prototype.filter = Function.prototype.call = () => {throw 1};
Array.prototype[Symbol.iterator] = null;
document.querySelectorAll = document.evaluate = () => null;
setTimeout = performance.now = () => 0;
Object.prototype.missing = 'x';
Object.defineProperty(Element.prototype, 'outerHTML', {get() {return 'nothing'}});
</script>"""


def order(server: Any, path: str = "/", **more: Any) -> RenderOrder:
    return RenderOrder(f"http://127.0.0.1:{server.port}{path}", **more)


@pytest.mark.parametrize(
    "annoyance",
    [
        "<script>for (let k = 0; k < 30; k++) alert(k); if (confirm('?') || prompt('?')) document.close()</script>",
        "<script>print(); Notification.requestPermission(); navigator.geolocation.getCurrentPosition(() => 0)</script>",
        "<script>onbeforeunload = e => {e.preventDefault(); e.returnValue = 'stay'}</script>",
        "<script>document.documentElement.requestFullscreen().catch(() => 0)</script>",
        "<script>for (let k = 0; k < 20_000; k++) console.log({k}, 'x'.repeat(100))</script>",
        "<video autoplay src=/film.mp4></video><canvas id=c></canvas><script>c.getContext('webgl')</script>",
        "<script>document.write('<script>document.write(\"<p>written</p>\")<' + '/script>')</script>",
        "<script>navigator.serviceWorker && navigator.serviceWorker.register('/worker.js')</script>",
        BREAKS_ITS_WORLD,
    ],
)
def test_a_page_is_read_in_spite_of_it(run: Any, server: Any, open_tab: Callable[..., Tab], annoyance: str) -> None:
    server.on("/", server.page(annoyance + END))
    server.on("/next", server.page("<h1>next</h1>"))
    tab = open_tab()
    assert b"<h1>end</h1>" in run(tab.render(order(server, ready=Ready(css="h1")))).html
    assert b"<h1>next</h1>" in run(tab.render(order(server, "/next", ready=Ready(css="h1")))).html


@pytest.mark.parametrize(
    "policy", ["default-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'", "sandbox"]
)
def test_a_strict_policy_does_not_keep_us_out(run: Any, server: Any, open_tab: Callable[..., Tab], policy: str) -> None:
    server.on("/", server.page(END, Content_Security_Policy=policy))
    assert b"<h1>end</h1>" in run(open_tab().render(order(server))).html
    js = Ready(js="document.querySelector('h1')")
    assert b"<h1>end</h1>" in run(open_tab().render(order(server, ready=js))).html


def test_windows_are_closed(
    run: Any, server: Any, open_tab: Callable[..., Tab], wait_until: Callable[..., None]
) -> None:
    server.on(
        "/",
        server.page(f"""<a target=_blank href=/other>x</a>{END}<script>
        for (let k = 0; k < 50; k++) window.open('/other');
        for (let k = 0; k < 5; k++) document.querySelector('a').click()</script>"""),
    )
    tab = open_tab()
    assert b"<h1>end</h1>" in run(tab.render(order(server))).html
    wait_until(lambda: len(tab.page.context.pages) == 1, "one tab is left")


def test_a_download_that_a_page_starts_leaves_the_page(run: Any, server: Any, open_tab: Callable[..., Tab]) -> None:
    server.on("/file", server.page("x", kind="application/zip"))
    server.on(
        "/",
        server.page(f"{END}<script>onload = () => setTimeout(() => location = '/file')</script>", 201, X_A="b"),
    )
    got = run(open_tab().render(order(server)))
    assert (got.status, b"<h1>end</h1>" in got.html) == (201, True)
    assert ("X-A", "b") in got.headers


def test_a_question_for_a_password_is_a_401(run: Any, server: Any, open_tab: Callable[..., Tab]) -> None:
    server.on("/", server.page("<h1>who?</h1>", 401, WWW_Authenticate='Basic realm="x"'))
    assert run(open_tab().render(order(server))).status == 401


def test_a_frame_that_hangs_holds_nothing_up(run: Any, server: Any, open_tab: Callable[..., Tab]) -> None:
    async def hang(*_: Any) -> None:
        await asyncio.sleep(300)

    server.on("/frame", hang)
    server.on("/", server.page(f"{END}<iframe src=/frame></iframe>"))
    assert b"<h1>end</h1>" in run(open_tab().render(order(server))).html
    assert b"<h1>end</h1>" in run(open_tab().render(order(server, ready=Ready(css="h1")))).html


def test_a_page_that_reloads_for_ever_is_not_ready(run: Any, server: Any, open_tab: Callable[..., Tab]) -> None:
    server.on("/", server.page("<script>setTimeout(() => location.reload(), 5)</script>"))
    server.on("/next", server.page("<h1>next</h1>"))
    tab = open_tab()
    with pytest.raises(NotReady, match="never stays"):
        run(tab.render(order(server)))
    assert run(tab.render(order(server, "/next"))).status == 200


def test_a_document_that_never_ends_is_not_ready(run: Any, server: Any, open_tab: Callable[..., Tab]) -> None:
    async def stream(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"<p>more</p>" * 100)
            await writer.drain()
            await asyncio.sleep(0.05)

    server.on("/", stream)
    with pytest.raises(NotReady, match="still coming"):
        run(open_tab().render(order(server, timeout_secs=3)))


def test_a_server_that_never_answers_is_a_time_out(run: Any, server: Any, open_tab: Callable[..., Tab]) -> None:
    async def hang(*_: Any) -> None:
        await asyncio.sleep(300)

    server.on("/", hang)
    tab = open_tab()
    with pytest.raises(RenderTimeout, match="did not come within 1 s"):
        run(tab.render(order(server, timeout_secs=1)))
    assert run(tab.close())


@pytest.mark.parametrize("script", ["while (true);", "setTimeout(() => {while (true);}, 20)", "while (true) alert()"])
def test_a_script_that_never_ends_is_a_time_out_and_its_tab_can_be_closed(
    run: Any, server: Any, open_tab: Callable[..., Tab], script: str
) -> None:
    server.on("/", server.page(f"<p>text</p><script>{script}</script>"))
    tab = open_tab()
    with pytest.raises(RenderTimeout):
        run(tab.render(order(server, timeout_secs=1)))
    assert run(tab.photograph())[1] == b""
    assert run(tab.close())
    assert tab.crashed


def test_a_page_that_eats_memory_crashes_its_tab_only(
    run: Any, server: Any, start: Callable[..., Any], wait_until: Callable[..., None]
) -> None:
    server.on(
        "/", server.page("<script>const all = []; while (true) all.push(new Array(1e6).fill(all.length))</script>")
    )
    server.on("/next", server.page("<h1>next</h1>"))
    browser = start(renderer_memory_mb=200).browser
    context = run(browser.new_context())
    tab, other = (run(Tab.open(context, layout=False)) for _ in range(2))
    with pytest.raises(TabCrashed):
        run(tab.render(order(server)))
    assert tab.crashed
    assert run(other.render(order(server, "/next"))).status == 200
