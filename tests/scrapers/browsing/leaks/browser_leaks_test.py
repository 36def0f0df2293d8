"""Nothing that a page does in a browser reaches what the guard refuses."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import Error as PlaywrightError

from scrapers.browsing.guard_proxy import GuardProxy
from tests.scrapers.browsing.leaks.loopback import Trap
from tests.scrapers.browsing.leaks.ways_out import ADDRESSES, MAY_BE_TRIED, PRIVATE, SPELLINGS, WAYS

REFUSED = "scrapeline; error=destination_ip_prohibited"


async def refused(proxy: GuardProxy, hosts: set[str]) -> None:
    """Waits until the proxy has refused all of these hosts."""
    names = {address: way for way, address in ADDRESSES.items()}
    ends = asyncio.get_running_loop().time() + 40
    while missing := hosts - {one.host for one in proxy.refusals(0)}:
        assert asyncio.get_running_loop().time() < ends, f"never tried: {[names.get(one, one) for one in missing]}"
        await asyncio.sleep(0.02)


def test_the_trap_catches(run: Any, wait_until: Callable[..., None]) -> None:
    trap = Trap()
    run(trap.start())
    with socket.create_connection(("127.0.0.1", trap.port)), socket.create_connection(("::1", trap.port)):
        wait_until(lambda: len(trap.caught) == 2)
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(family, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"x", (address, trap.port))
    wait_until(lambda: len(trap.caught) == 4)


@pytest.mark.parametrize("origin", ["http://shop.localhost", "https://shop.test"])
def test_no_way_out_of_a_page_leads_past_the_guard(run: Any, setting: Any, origin: str) -> None:
    must = {way for way in WAYS if way not in MAY_BE_TRIED}
    if origin.startswith("https"):
        must = {way for way in must if "service worker" not in way}  # Chromium wants a certificate that is good

    async def work() -> None:
        async with setting.context() as (proxy, context):
            page = await context.new_page()
            await page.goto(f"{origin}/ways", wait_until="commit")
            await refused(proxy, {ADDRESSES[way] for way in must})

    run(work())
    assert setting.trap.caught == []


def navigations(setting: Any) -> dict[str, str]:
    """URLs to open; each leads to an address of its own."""
    ways = {
        "directly": "@",
        "by a redirect": "http://shop.test/redirect?@",
        "by two redirects": "http://shop.test/redirect?https://shop.localhost/redirect?@",
        "by a header": "http://shop.test/refresh?@",
        "by a meta element": "http://shop.test/page?" + quote("<meta http-equiv=refresh content='0;url=@'>", safe="@"),
        "by a script": "http://shop.test/page?<script>location='@'</script>",
        "by a link": "http://shop.test/page?<a id=a href='@'>a</a><script>a.click()</script>",
        "by a form": "http://shop.test/page?<form id=f method=post action='@'></form><script>f.submit()</script>",
        "by the source of a page": "view-source:@",
        "by a data: document": "data:text/html,<script>fetch('@')</script>",
        "by an iframe of a data: document": "data:text/html,<iframe src='@'></iframe>",
        "by a page over TLS": "https://shop.test/page?<script>location='@'</script>",
    }
    hosts = [f"127.0.2.{number}" for number, _ in enumerate(ways, 1)]
    return {host: url.replace("@", setting.target(host=host)) for host, url in zip(hosts, ways.values(), strict=True)}


def test_no_document_is_loaded_past_the_guard(run: Any, setting: Any) -> None:
    async def work() -> None:
        async with setting.context() as (proxy, context):
            for host, url in navigations(setting).items():
                page = await context.new_page()
                with contextlib.suppress(PlaywrightError):  # the refusal may come while goto still waits
                    await page.goto(url, wait_until="commit")
                await refused(proxy, {host})

    run(work())
    assert setting.trap.caught == []


def test_a_refusal_is_told_from_what_a_server_says(run: Any, setting: Any) -> None:
    async def work() -> None:
        async with setting.context() as (proxy, context):
            answer = await (await context.new_page()).goto(setting.target())
            assert (answer.status, answer.headers["proxy-status"]) == (403, REFUSED)
            with pytest.raises(PlaywrightError, match="ERR_TUNNEL_CONNECTION_FAILED"):
                await (await context.new_page()).goto(setting.target(scheme="https", host="127.0.0.9"))
            answer = await (await context.new_page()).goto("http://gone.example/")
            assert (answer.status, answer.headers["proxy-status"]) == (502, "scrapeline; error=dns_error")
            answer = await (await context.new_page()).goto("http://rebound.example/")
            assert (answer.status, answer.headers["proxy-status"]) == (403, REFUSED)
            assert [one.host for one in proxy.refusals(0)] == ["127.0.0.1", "127.0.0.9", "rebound.example"]
            assert [one.host for one in proxy.failures(0)] == ["gone.example"]

    run(work())


def test_every_spelling_of_a_refused_address_is_refused(run: Any, setting: Any) -> None:
    hosts = [*SPELLINGS, *PRIVATE]
    urls = [f"http://{host}:{setting.trap.port}/" for host in hosts]
    urls += [f"http:\\\\127.0.0.1:{setting.trap.port}\\", f"http://example.com@127.0.0.1:{setting.trap.port}/"]
    script = """urls => Promise.all(urls.map(url => fetch(url).then(
        answer => `${url}: ${answer.status}`, error => '')))"""

    async def work() -> tuple[Any, Any, set[str]]:
        async with setting.context() as (proxy, context):
            page = await context.new_page()
            await page.goto("http://shop.localhost/page?x")
            got = await page.evaluate(script, urls)
            over_tls = await page.evaluate(script, [url.replace("http:", "https:", 1) for url in urls])
            return got, over_tls, {one.host for one in proxy.refusals(0)}

    plain, over_tls, refused = run(work())
    assert set(plain) == set(over_tls) == {""}
    assert setting.trap.caught == []
    assert {"127.0.0.1", "0.0.0.0", "::1", "::ffff:7f00:1", "localhost", "169.254.169.254", "10.0.0.1"} <= refused


def test_webrtc_and_webtransport_send_nothing(run: Any, setting: Any) -> None:
    script = """async ([port]) => {
        const urls = ['127.0.0.1', 'localhost', '[::1]', 'rebound.example'].flatMap(host => [
            `stun:${host}:${port}`, `turn:${host}:${port}?transport=udp`, `turn:${host}:${port}?transport=tcp`,
            `turns:${host}:${port}?transport=tcp`]);
        const servers = urls.map(url => ({urls: url, username: 'a', credential: 'b'}));
        const found = [];
        for (const some of [servers.slice(0, 8), servers.slice(8)]) {
            const peer = new RTCPeerConnection({iceServers: some});
            peer.createDataChannel('x');
            peer.onicecandidate = event => event.candidate && found.push(event.candidate.candidate);
            const gathered = new Promise(done => peer.onicegatheringstatechange = () =>
                peer.iceGatheringState === 'complete' && done());
            await peer.setLocalDescription(await peer.createOffer());
            const sdp = peer.localDescription.sdp.replace(/setup:actpass/g, 'setup:active');
            await gathered;
            await peer.setRemoteDescription({type: 'answer', sdp});
            await peer.addIceCandidate({candidate: `candidate:1 1 udp 2113937151 127.0.0.1 ${port} typ host`,
                sdpMid: '0', sdpMLineIndex: 0});
            await new Promise(done => setTimeout(done, 500));
        }
        const transport = new WebTransport(`https://127.0.0.1:${port}/`);
        transport.closed.catch(error => 0);
        return [found, await transport.ready.then(() => 'open', error => 'closed')]; }"""

    async def work() -> Any:
        async with setting.context() as (_, context):
            page = await context.new_page()
            await page.goto("http://shop.localhost/page?x")
            return await page.evaluate(script, [setting.trap.port])

    assert run(work()) == [[], "closed"]
    assert setting.trap.caught == []


def test_requests_that_playwright_sends_itself_are_guarded(run: Any, setting: Any) -> None:
    async def work() -> None:
        async with setting.context() as (proxy, context):
            page = await context.new_page()
            for number, client in enumerate((page.request, context.request), 1):
                for scheme in ("http", "https"):
                    url = setting.target(scheme=scheme, host=f"127.0.3.{number}")
                    for one in (url, f"http://shop.test/redirect?{url}"):
                        with contextlib.suppress(PlaywrightError):
                            answer = await client.get(one)
                            assert answer.status == 403
                assert f"127.0.3.{number}" in {one.host for one in proxy.refusals(0)}
            assert (await page.request.get("https://shop.test/page?hello")).status == 200

    run(work())
    assert setting.trap.caught == []


def test_a_page_sees_no_file(run: Any, setting: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret.html"
    secret.write_text("<title>secret</title>secret")
    file = secret.as_uri()
    script = """async file => {
        const frame = document.createElement('iframe');
        frame.src = file;
        document.body.append(frame);
        open(file);
        const link = document.createElement('a');
        link.href = file;
        link.click();
        location.href = 'http://shop.localhost/redirect?' + file + '#';
        return await fetch(file).then(answer => answer.text(), error => 'nothing');
    }"""

    async def work() -> None:
        async with setting.context() as (_, context):
            page = await context.new_page()
            await page.goto("http://shop.localhost/page?x")
            assert await page.evaluate(script, file) == "nothing"
            with pytest.raises(PlaywrightError):
                await page.goto(f"http://shop.localhost/redirect?{file}")
            for one in context.pages:
                assert "secret" not in [await frame.title() for frame in one.frames]
                assert not one.url.startswith("file:")

    run(work())


def test_one_contexts_mappings_are_not_anothers_nor_the_browsers(run: Any, setting: Any) -> None:
    async def work() -> None:
        async with setting.context() as (_, mapped), setting.context(resolve=[]) as (proxy, other):
            pages = [await context.new_page() for context in (mapped, other)]
            assert [(await page.goto("http://shop.localhost/page?x")).status for page in pages] == [200, 403]
            assert [one.host for one in proxy.refusals(0)] == ["shop.localhost"]
            bare = await setting.without_proxy()
            with pytest.raises(PlaywrightError, match="ERR_PROXY_CONNECTION_FAILED"):
                await (await bare.new_page()).goto("http://shop.localhost/page?x")
            for url in ("http://shop.localhost/page?x", setting.target(), setting.target(scheme="https")):
                with pytest.raises(PlaywrightError, match="ECONNREFUSED"):
                    await bare.request.get(url)
            await bare.close()

    run(work())


@pytest.mark.parametrize("origin", ["http://shop.localhost", "https://shop.test"])
def test_what_is_allowed_works_as_without_a_proxy(run: Any, setting: Any, origin: str) -> None:
    script = """async () => {
        const socket = new WebSocket(location.origin.replace('http', 'ws') + '/echo');
        await new Promise((done, fail) => { socket.onopen = done; socket.onerror = fail; });
        const said = new Promise(done => socket.onmessage = event => done(event.data));
        socket.send('hello');
        const events = new EventSource('/events');
        const told = await new Promise(done => events.onmessage = event => done(event.data));
        events.close();
        const form = await fetch('/echo', {method: 'POST', body: 'x'.repeat(3000000)});
        return [await said, told, (await form.text()).length];
    }"""

    async def work() -> Any:
        async with setting.context() as (proxy, context):
            page = await context.new_page()
            await page.goto(f"{origin}/page?x")
            got = await page.evaluate(script)
            assert (proxy.bytes_received > 3_000_000, proxy.refusals(0), proxy.failures(0)) == (True, [], [])
            return got

    assert run(work()) == ["hello", "told", 3_000_000]
