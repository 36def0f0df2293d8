"""Sources with proxies, over HTTP: all goes through them, none of their failures is a site's, no password is seen."""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.scrapers.fetching.tls_test import certificate
from tests.scrapers.forward_proxy import ForwardProxy, forwarding

PASSWORD = "hunter2-of-the-proxy"  # noqa: S105
SECRETS = {"p": PASSWORD}


def dead_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.contextmanager
def plain(serve: Any, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server that treats every connection alike; gives its port."""
    loop = asyncio.new_event_loop()
    listening = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield listening.sockets[0].getsockname()[1]
    loop.call_soon_threadsafe(loop.stop)
    thread.join(30)
    loop.close()


def through(*ports: int, user: str = "", **more: Any) -> dict[str, Any]:
    """A source whose proxies p0.test:3128, p1.test:3128, ... listen on these ports."""
    at = f"{user}@" if user else ""
    mapped = [f"p{number}.test:3128:127.0.0.1:{port}" for number, port in enumerate(ports)]
    named = [f"http://{at}p{number}.test:3128" for number in range(len(ports))]
    return {
        "proxy": named if len(named) > 1 else named[0],
        "resolve": [*mapped, "shop.test:80:127.0.0.1:9", "shop.test:443:127.0.0.1:9"],
        **more,
    }


@pytest.fixture
def proxy(server: Any) -> Iterator[ForwardProxy]:
    server.on_all()
    with forwarding(server.port, f"ann:{PASSWORD}") as running:
        yield running


@pytest.fixture
def secure(server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A server for https://shop.test."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path, "shop.test"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    running = type(server)(ssl=context)
    running.on_all()
    yield running
    running.close()


def test_pages_and_robots_txt_go_through_the_proxy_with_its_password(crawl: Any, server: Any, proxy: Any) -> None:
    source = through(proxy.port, user="ann:${secret.p}")
    done = crawl(["/a", "/b"], source=source, secrets=SECRETS.__getitem__)
    assert done.reasons == {"pages": 2}
    assert sorted(proxy.urls) == ["http://shop.test/a", "http://shop.test/b"]
    assert "GET http://shop.test/robots.txt HTTP/1.1" in proxy.asked
    assert all("proxy-authorization" not in hit.headers for hit in server.hits)


def test_https_goes_through_a_tunnel_and_the_certificate_is_the_site_s(crawl: Any, secure: Any) -> None:
    with forwarding(secure.port, "ann") as proxy:
        source = through(proxy.port, user="ann", politeness={"delay_secs": 0, "concurrency": 1})
        done = crawl(["https://shop.test/a", "https://shop.test/b"], source=source)
        assert done.reasons == {"pages": 2}
        assert proxy.tunnels == ["shop.test:443"]  # robots.txt and both pages over one connection


def test_a_certificate_for_another_name_is_a_letter_behind_a_proxy_too(crawl: Any, secure: Any) -> None:
    with forwarding(secure.port) as proxy:
        source = through(proxy.port)
        source["resolve"].append("other.test:443:127.0.0.1:9")
        letter = crawl(["https://other.test/a"], source=source).letters["/a"]
        assert (letter.reason, letter.attempts) == ("connection", 1)
        assert "certificate" in letter.message.lower()


def test_a_server_that_is_none_of_tls_is_a_letter(crawl: Any, server: Any) -> None:
    async def speaks_first(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-x\r\n" * 100)

    with plain(speaks_first) as port, forwarding(port) as proxy:
        letter = crawl(["https://shop.test/a"], source=through(proxy.port)).letters["/a"]
        assert letter.reason == "connection"


def test_a_server_that_speaks_before_it_is_asked_does_no_harm(crawl: Any, secure: Any, tmp_path: Path) -> None:
    async def speaks_first(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    with plain(speaks_first, context) as port, forwarding(port) as proxy:
        done = crawl(["https://shop.test/a"], source=through(proxy.port, fetch={"timeout_secs": 30}))
        assert done.holds  # sooner, and it is hung up on; later, and it is the answer
        assert len(done.scraped) == 2


def test_requests_take_turns(crawl: Any, server: Any) -> None:
    server.on_all()
    with forwarding(server.port) as one, forwarding(server.port) as other:
        done = crawl([f"/{n}" for n in range(8)], source=through(one.port, other.port))
        assert done.reasons == {"pages": 8}
        assert len(one.urls) == len(other.urls) == 4


@pytest.mark.parametrize(
    ("scheme", "status"), [("http", 0), ("http", 407), ("https", 0), ("https", 407), ("https", 502), ("https", 503)]
)
def test_where_a_proxy_fails_the_other_one_is_used(
    crawl: Any, server: Any, secure: Any, scheme: str, status: int
) -> None:
    server.on_all()
    port = secure.port if scheme == "https" else server.port
    with forwarding(port, status=status) as bad, forwarding(port) as good:
        source = through(bad.port if status else dead_port(), good.port)
        source["politeness"] = {"delay_secs": 0, "concurrency": 1}
        done = crawl([f"{scheme}://shop.test/{n}" for n in range(8)], source=source)
        assert done.reasons == {"pages": 8}
        assert sum(one.outcome.retries for one in done.scraped) == 0
        assert len(good.urls) == 8 or good.tunnels
        assert len(bad.asked) <= 3  # after three failures it rests


def test_without_a_proxy_left_the_letter_says_which_failed_and_why(crawl: Any, server: Any, proxy: Any) -> None:
    source = through(
        proxy.port, user="ann:${secret.p}", politeness={"delay_secs": 0, "robots": {"ignore": True, "because": "test"}}
    )
    letters = crawl(["/a"], source=source, secrets={"p": "another-password"}.__getitem__).letters
    assert letters["/a"].reason == "connection"
    assert letters["/a"].attempts > 1
    assert "the proxy p0.test:3128" in letters["/a"].message
    assert "it answered 407 for shop.test:80" in letters["/a"].message
    assert "another-password" not in str(letters["/a"])
    assert server.hits == []


def test_a_secret_that_is_not_set_is_told_by_its_name(crawl: Any, proxy: Any) -> None:
    letter = crawl(["/a"], source=through(proxy.port, user="ann:${secret.p}"), secrets={}.__getitem__).letters["/a"]
    assert "p0.test:3128: its secret is not set (SCRAPELINE_SECRET_P in the environment)" in letter.message
    assert proxy.asked == []


def test_what_the_guard_refuses_never_reaches_the_proxy(crawl: Any, proxy: Any) -> None:
    source = through(proxy.port, user="ann:${secret.p}")
    urls = ["http://10.0.0.1/a", "http://169.254.169.254/b", "https://localhost/c"]
    done = crawl(urls, source=source, secrets=SECRETS.__getitem__)
    assert done.reasons == {"address_refused": 3}
    assert proxy.asked == []


def test_a_redirect_to_a_private_address_is_refused(crawl: Any, server: Any, proxy: Any) -> None:
    server.on("/away", server.page("", 302, Location="http://192.168.0.1/"))
    done = crawl(["/away"], source=through(proxy.port, user="ann:${secret.p}"), secrets=SECRETS.__getitem__)
    assert done.reasons == {"address_refused": 1}
    assert proxy.urls == ["http://shop.test/away"]


def test_a_proxy_at_a_private_address_is_refused(crawl: Any) -> None:
    source = {"proxy": "http://127.0.0.1:3128", "resolve": ["shop.test:80:127.0.0.1:9"]}
    letter = crawl(["/a"], source=source).letters["/a"]
    assert letter.reason == "address_refused"
    assert "the proxy 127.0.0.1:3128" in letter.message


def test_a_source_does_without_the_proxy_of_scrapeline_yaml(crawl: Any, server: Any, tmp_path: Path) -> None:
    server.on_all()
    (tmp_path / "scrapeline.yaml").write_text("proxy: http://p.test:3128\n")
    assert crawl(["/a"], source={"proxy": "none"}).reasons == {"pages": 1}


def test_nothing_that_is_kept_of_a_page_holds_the_password(crawl: Any, proxy: Any) -> None:
    done = crawl(["/a"], source=through(proxy.port, user="ann:${secret.p}"), secrets=SECRETS.__getitem__)
    assert PASSWORD not in repr(done.scraped)
