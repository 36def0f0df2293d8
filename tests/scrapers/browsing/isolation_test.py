"""Nothing that a page of one source leaves behind is there for another source, nor for another session of its own."""

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from scrapers.browsing.chromium import launch
from scrapers.browsing.guard_proxy import GuardProxy
from scrapers.browsing.order import RenderOrder
from scrapers.browsing.settings import BrowserSettings
from scrapers.browsing.tab import Tab
from scrapers.browsing.tab_pool import Place, TabPool
from scrapers.fetching.address_guard import Guard

SITE = "http://localhost"  # the one host name that may have service workers without TLS

LEAVE = """async () => {
  document.cookie = "script=1; path=/; max-age=3600";
  localStorage.setItem("left", "1");
  sessionStorage.setItem("left", "1");
  await new Promise(done => {
    const opening = indexedDB.open("left");
    opening.onupgradeneeded = () => opening.result.createObjectStore("left");
    opening.onsuccess = () => { opening.result.close(); done(); };
  });
  await (await caches.open("left")).put("/kept", new Response("left"));
  await (await (await navigator.storage.getDirectory()).getFileHandle("left", {create: true})).getFile();
  await navigator.serviceWorker.register("/worker.js");
  await navigator.serviceWorker.ready;
  await fetch("/cached");
  await new Promise(done => {
    const asked = new XMLHttpRequest();
    asked.onloadend = done;
    asked.open("GET", "/guarded", true, "ann", "pass");
    asked.send();
  });
  window.shared = new SharedWorker("/shared.js");
  await new Promise(done => { window.shared.port.onmessage = done; });
  window.heard = [];
  window.channel = new BroadcastChannel("left");
  window.channel.onmessage = message => window.heard.push(message.data);
  navigator.locks.request("left", () => new Promise(() => {}));
}"""
LOOK = """async () => {
  const channel = new BroadcastChannel("left");
  channel.postMessage("from another");
  const shared = new SharedWorker("/shared.js");
  const files = [];
  for await (const name of (await navigator.storage.getDirectory()).keys()) files.push(name);
  return {
    cookies: document.cookie.split("; ").filter(Boolean).sort(),
    localStorage: localStorage.length,
    sessionStorage: sessionStorage.length,
    databases: (await indexedDB.databases()).length,
    caches: await caches.keys(),
    files,
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    cached: await (await fetch("/cached")).text(),
    guarded: (await fetch("/guarded")).status,
    sharedWorkerSeen: await new Promise(done => { shared.port.onmessage = message => done(message.data); }),
    lockIsFree: await navigator.locks.request("left", {ifAvailable: true}, lock => lock !== null),
    geolocation: (await navigator.permissions.query({name: "geolocation"})).state,
  };
}"""
UNTOUCHED = {
    "cookies": [],
    "localStorage": 0,
    "sessionStorage": 0,
    "databases": 0,
    "caches": [],
    "files": [],
    "workers": 0,
    "guarded": 401,
    "sharedWorkerSeen": 1,
    "lockIsFree": True,
    "geolocation": "denied",
}
SHARED_BY_TABS = {
    "cookies": ["script=1", "seen=1"],
    "localStorage": 1,
    "sessionStorage": 0,  # of one tab
    "databases": 1,
    "caches": ["left"],
    "files": ["left"],
    "workers": 1,
    "guarded": 200,
    "sharedWorkerSeen": 2,
    "lockIsFree": False,
    "geolocation": "granted",
}


class Site:
    """One host that two sources scrape. `asked`: what the cached page was asked for, with which cookies and tags."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.asked: list[dict[str, str]] = []
        script = "text/javascript"
        server.on("/robots.txt", server.page("", 404))
        server.on("/", server.page("<p>hello", Set_Cookie="seen=1; Path=/"))
        server.on("/look", server.page("<p>look"))
        server.on("/worker.js", server.page("self.addEventListener('activate', () => {})", kind=script))
        counting = "let seen = 0; onconnect = event => event.ports[0].postMessage(++seen)"
        server.on("/shared.js", server.page(counting, kind=script))
        server.on("/cached", self._cached)
        server.on("/guarded", self._guarded)

    async def _cached(self, hit: Any, writer: asyncio.StreamWriter) -> None:
        self.asked.append(hit.headers)
        tag = f'"{len(self.asked)}"'
        writer.write(self.server.page(f"answer {len(self.asked)}", Cache_Control="max-age=3600", ETag=tag))

    async def _guarded(self, hit: Any, writer: asyncio.StreamWriter) -> None:
        known = "authorization" in hit.headers
        asks = {} if known else {"WWW_Authenticate": 'Basic realm="x"'}
        writer.write(self.server.page("x", 200 if known else 401, **asks))


@dataclasses.dataclass
class Lender:
    """A pool whose tabs all go through one guard to one site: no worse can two sources be kept apart."""

    run: Any
    site: Site
    pool: TabPool
    guard: GuardProxy
    port: int

    def place(self, source: str, session: str = "") -> Place:
        return Place(source, session, f"http://127.0.0.1:{self.port}", "Bot/1", (800, 600), layout=True)


@pytest.fixture
def lender(run: Any, start: Any, server: Any) -> Iterator[Lender]:
    async def open_one() -> Lender:
        guard = GuardProxy(Guard((f"*:80:127.0.0.1:{server.port}",)))
        pool = TabPool(BrowserSettings(), lambda: launch(BrowserSettings(), "http://127.0.0.1:9"))
        return Lender(run, Site(server), pool, guard, await guard.start())

    async def close(lent: Lender) -> None:
        await lent.pool.close()
        lent.guard.close()

    lent = run(open_one())
    yield lent
    run(close(lent))


async def look(tab: Tab) -> dict[str, Any]:
    await tab.render(RenderOrder(f"{SITE}/look"))
    return dict(await tab.page.evaluate(LOOK))


def test_sources_and_sessions_see_nothing_of_each_other(lender: Lender):
    async def test() -> None:
        own = lender.place("shop")
        pool = lender.pool
        async with pool.tab(own) as tab, pool.tab(own) as beside:
            await tab.render(RenderOrder(f"{SITE}/"))
            await tab.page.context.grant_permissions(["geolocation"], origin=SITE)
            await tab.page.evaluate(LEAVE)
            cached = len(lender.site.asked)

            assert await look(beside) == SHARED_BY_TABS | {"cached": "answer 1"}, "within a session all is shared"
            assert await tab.page.evaluate("heard") == ["from another"]
            for other in (lender.place("rival"), lender.place("shop", "2"), lender.place("shop", "3")):
                async with pool.tab(other) as foreign:
                    cached += 1
                    assert await look(foreign) == UNTOUCHED | {"cached": f"answer {cached}"}
                    assert "if-none-match" not in lender.site.asked[-1]
                    assert "cookie" not in lender.site.asked[-1]
            async with pool.tab(own, alone=True) as alone:
                assert (await look(alone))["localStorage"] == 0, "a page that killed a tab starts without what it had"
            assert await tab.page.evaluate("heard") == ["from another"]

    lender.run(test(), 90)


def test_a_session_starts_with_its_state_and_what_it_becomes_stays_with_it(lender: Lender):
    def state(value: str) -> dict[str, Any]:
        cookie = {"name": "sid", "value": value, "domain": "localhost", "path": "/", "expires": -1, "httpOnly": True}
        stored = {"origin": SITE, "localStorage": [{"name": "who", "value": value}]}
        return {"cookies": [cookie | {"secure": False, "sameSite": "Lax"}], "origins": [stored]}

    async def visit(source: str, session: str, value: str) -> str:
        async with lender.pool.tab(lender.place(source, session), state(value)) as tab:
            await tab.render(RenderOrder(f"{SITE}/look"))
            return str(await tab.page.evaluate("localStorage.getItem('who')"))

    async def test() -> None:
        sessions = [("shop", "1", "ann"), ("shop", "2", "bob"), ("rival", "1", "eve")]
        for _ in range(3):
            seen = await asyncio.gather(*(visit(*one) for one in sessions))
            assert seen == ["ann", "bob", "eve"]

    lender.run(test(), 90)
    sent = Counter(hit.headers["cookie"] for hit in lender.site.server.hits if hit.path == "/look")
    assert sent == {"sid=ann": 3, "sid=bob": 3, "sid=eve": 3}
