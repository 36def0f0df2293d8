"""Redirects, followed hop by hop: methods, loops, cookies, other hosts, and what must not go along."""

import itertools
from typing import Any

import pytest

from schemas.page import Page
from schemas.reading import Reading
from schemas.request import Request, RequestSpec

SECRET = "s3cr3t-value"  # noqa: S105  of a test


def go(server: Any, path: str, to: str, status: int = 302, **headers: str) -> None:
    server.on(path, server.page("moved", status, Location=to, **headers))


def test_a_page_behind_redirects_has_their_last_url(crawl: Any, server: Any) -> None:
    go(server, "/a", "/b", 301)
    go(server, "/b", "http://www.shop.test/c?x=1#top", 308)
    server.on("/c?x=1", server.page("<b>c</b>"))
    result = crawl(["/a"])
    assert (result.items, result.holds) == (["c"], True)
    assert result.ended["/a"].page.url == "http://www.shop.test/c?x=1"
    assert result.ended["/a"].page.request.url == "http://shop.test/a"


def test_a_redirect_loop_is_a_letter_at_once(crawl: Any, server: Any) -> None:
    go(server, "/a", "/b")
    go(server, "/b", "/a")
    result = crawl(["/a"])
    assert (result.reasons, result.letters["/a"].attempts, result.holds) == ({"bad_content": 1}, 1, True)
    assert "loop" in result.letters["/a"].message
    assert server.paths() == ["/a", "/b"]


def test_too_many_redirects_are_a_letter(crawl: Any, server: Any) -> None:
    for n in range(10):
        go(server, f"/{n}", f"/{n + 1}")
    result = crawl(["/0"], source={"fetch": {"max_redirects": 3}})
    assert (result.reasons, len(server.paths())) == ({"bad_content": 1}, 4)
    assert "more than 3 redirects" in result.letters["/0"].message


def test_a_cookie_set_on_the_way_goes_along_and_is_then_forgotten(crawl: Any, server: Any) -> None:
    async def wall(hit: Any, writer: Any) -> None:
        if "seen=1" in hit.headers.get("cookie", ""):
            writer.write(server.page("<b>inside</b>"))
        else:
            writer.write(server.page("", 302, Location=hit.path, Set_Cookie="seen=1; Path=/"))

    server.on("/a", wall)
    server.on("/b", wall)
    result = crawl(["/a", "/b"], source={"politeness": {"delay_secs": 0, "concurrency": 1}})
    assert (result.items, result.holds) == (["inside", "inside"], True)
    assert len(server.paths()) == 4


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:22/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://2130706433/",
        "http://localhost/",
        "file:///etc/passwd",
        "ftp://shop.test/",
        "http://10.0.0.1:8080/",
    ],
)
def test_a_redirect_to_a_forbidden_address_is_refused(crawl: Any, server: Any, target: str) -> None:
    go(server, "/a", target)
    result = crawl(["/a"], source={"resolve": [f"shop.test:80:127.0.0.1:{server.port}"]})
    assert (result.reasons, result.letters["/a"].attempts, result.holds) == ({"address_refused": 1}, 1, True)
    assert server.paths() == ["/a"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://[::ffff:10.0.0.1]/", "http://localhost:8080/", "gopher://x.test/"]
)
def test_a_forbidden_address_is_refused_before_anything_is_sent(crawl: Any, server: Any, url: str) -> None:
    request = Request("shop", url, "e" * 24)
    fetcher = crawl.open({"resolve": []})
    letter = fetcher.fetch(request).letter
    assert (letter.reason, letter.attempts) == ("address_refused", 1)


def test_only_the_hosts_that_a_source_allows_are_fetched_from(crawl: Any, server: Any) -> None:
    go(server, "/a", "http://other.test/")
    server.on("/", server.page("<b>x</b>"))
    result = crawl(["/a", "http://www.shop.test/"], source={"allow_hosts": ["shop.test", "*.shop.test"]})
    assert (result.items, result.reasons, result.holds) == (["x"], {"pages": 1, "address_refused": 1}, True)


def test_robots_txt_of_the_target_is_asked_too(crawl: Any, server: Any, other_server: Any) -> None:
    other_server.on("/robots.txt", other_server.page("User-agent: *\nDisallow: /", kind="text/plain"))
    go(server, "/a", "http://other.test/b")
    resolve = [f"other.test:80:127.0.0.1:{other_server.port}", f"*:80:127.0.0.1:{server.port}"]
    result = crawl(["/a"], source={"resolve": resolve})
    assert (result.reasons, result.holds, other_server.paths()) == ({"robots": 1}, True, [])


def test_a_redirect_to_another_domain_keeps_to_that_domain_s_pace(crawl: Any, server: Any, other_server: Any) -> None:
    for n in range(4):
        go(server, f"/{n}", f"http://other.test/{n}")
    other_server.on_all()
    resolve = [f"other.test:80:127.0.0.1:{other_server.port}", f"*:80:127.0.0.1:{server.port}"]
    source = {"resolve": resolve, "politeness": {"delay_secs": 0.1, "concurrency": 4}}
    result = crawl([f"/{n}" for n in range(4)], source=source)
    assert result.reasons == {"pages": 4}
    times = sorted(hit.at for hit in other_server.hits if hit.path != "/robots.txt")
    assert min(after - before for before, after in itertools.pairwise(times)) >= 0.08


def post(crawl: Any, headers: dict[str, str], body: bytes | None = b"q=1", **settings: Any) -> Any:
    """Sends one POST (or GET without a body) to /a, as a source's own request."""
    request = Request(
        "shop", "http://shop.test/a", "e" * 24, "", "POST" if body else "GET", tuple(headers.items()), body
    )
    fetcher = crawl.open({}, **settings)
    return crawl.run(fetcher, [(("shop.test", 0), RequestSpec("shop", "e" * 24, (request,)))])


@pytest.mark.parametrize(("status", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
def test_what_follows_a_redirected_post_has_the_method_of_rfc_9110(
    crawl: Any, server: Any, status: int, method: str
) -> None:
    go(server, "/a", "/b", status)
    server.on("/b", server.page("<b>x</b>"))
    result = post(crawl, {"Content-Type": "application/x-www-form-urlencoded"})
    assert result.items == ["x"]
    hit = server.hits[-1]
    assert (hit.method, hit.body) == (method, b"q=1" if method == "POST" else b"")
    assert ("content-type" in hit.headers) == (method == "POST")


def test_secrets_are_sent_and_never_kept(crawl: Any, server: Any) -> None:
    server.on("/a", server.page("<b>x</b>", 500))
    headers = {"X-Key": "${secret.shop_api}", "X-Plain": "$${not a secret}"}
    result = post(crawl, headers, b"token=${secret.shop_api}", secrets={"shop_api": SECRET}.__getitem__)
    hit = server.hits[-1]
    assert (hit.headers["x-key"], hit.headers["x-plain"], hit.body) == (
        SECRET,
        "${not a secret}",
        f"token={SECRET}".encode(),
    )
    assert SECRET not in repr(result.scraped)


def test_a_secret_in_a_url_is_hidden_in_pages_and_messages(crawl: Any, server: Any) -> None:
    go(server, f"/a?key={SECRET}", f"/b?key={SECRET}")
    server.on(f"/b?key={SECRET}", server.page("<b>x</b>"))
    fetcher = crawl.open({}, secrets={"k": SECRET}.__getitem__)
    scraped = fetcher.fetch(Request("shop", "http://shop.test/a?key=${secret.k}", "e" * 24))
    assert scraped.page.url == "http://shop.test/b?key=${secret.k}"
    go(server, f"/b?key={SECRET}", f"/a?key={SECRET}")
    scraped = fetcher.fetch(Request("shop", "http://shop.test/a?key=${secret.k}", "f" * 24))
    assert scraped.letter.reason == "bad_content"
    assert SECRET not in repr(scraped)


def test_a_missing_secret_is_a_letter_that_says_which(crawl: Any, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCRAPELINE_SECRET_SHOP_API", raising=False)
    result = post(crawl, {"X-Key": "${secret.shop_api}"})
    assert (result.reasons, result.holds, server.paths()) == ({"login_required": 1}, True, [])
    assert "SCRAPELINE_SECRET_SHOP_API" in result.letters["/a"].message


def test_nothing_private_goes_along_to_another_origin(crawl: Any, server: Any) -> None:
    go(server, "/a", "http://shop.test:8080/b")
    server.on("/b", server.page("<b>x</b>"))
    private = {"Authorization": "Basic eA==", "Cookie": "a=b", "X-Key": "${secret.k}", "X-Plain": "fine"}
    fetcher = crawl.open(
        {"resolve": [f"*:80:127.0.0.1:{server.port}", f"*:8080:127.0.0.1:{server.port}"]},
        secrets={"k": SECRET}.__getitem__,
    )
    request = Request("shop", "http://shop.test/a", "e" * 24, headers=tuple(private.items()))
    assert fetcher.fetch(request).letter is None
    first, second = [hit for hit in server.hits if hit.path in ("/a", "/b")]
    assert {"authorization", "cookie", "x-key", "x-plain"} <= set(first.headers)
    assert {"authorization", "cookie", "x-key", "x-plain"} & set(second.headers) == {"x-plain"}


def test_a_secret_body_is_not_sent_on_to_another_origin(crawl: Any, server: Any) -> None:
    go(server, "/a", "http://other.test/b", 307)
    result = post(crawl, {}, b"${secret.k}", secrets={"k": SECRET}.__getitem__)
    assert (result.reasons, server.paths()) == ({"address_refused": 1}, ["/a"])


def test_sources_do_not_reach_what_another_one_s_mappings_admit(crawl: Any, server: Any) -> None:
    server.on("/", server.page("<b>x</b>"))
    inside = {"resolve": [f"intranet.test:80:127.0.0.1:{server.port}"]}
    fetcher = crawl.open(
        {**inside}, {"source": "other", "resolve": []}, read=lambda _: Reading([{"title": "x"}], "t.items")
    )
    assert fetcher.fetch(Request("shop", "http://intranet.test/", "e" * 24)).letter is None
    letter = fetcher.fetch(Request("other", "http://intranet.test/", "e" * 24)).letter
    assert letter.reason in ("connection", "address_refused")


def test_a_page_tells_the_pages_own_headers_in_order(crawl: Any, server: Any) -> None:
    server.on("/", server.page("<b>x</b>", Set_Cookie="a=1", X_Latin=b"caf\xe9".decode("latin-1")))
    page: Page = crawl(["/"]).ended["/"].page
    assert page.headers[:2] == (("Content-Type", "text/html; charset=utf-8"), ("Set-Cookie", "a=1"))
    assert page.header("x-latin") == "café"


FOLLOWS = {"seeds": {"urls": ["http://shop.test/"]}, "follow": {"url": "http://api.shop-data.test/${item.title}"}}


@pytest.mark.parametrize(
    ("url", "more", "is_sent"),
    [
        ("http://www.shop.test/a", FOLLOWS, True),
        ("http://api.shop-data.test/a", FOLLOWS, True),
        ("http://thief.test/a", FOLLOWS, False),
        ("http://thief.test/a", {**FOLLOWS, "allow_hosts": ["thief.test"]}, True),
    ],
    ids=["a domain of the seeds", "a domain of a follow URL", "a domain that only a page named", "an allowed host"],
)
def test_a_secret_goes_only_where_the_source_file_leads(
    crawl: Any, server: Any, url: str, more: dict[str, Any], is_sent: bool
) -> None:
    server.on("/a", server.page("<b>x</b>"))
    fetcher = crawl.open(more, secrets={"k": SECRET}.__getitem__)

    scraped = fetcher.fetch(Request("shop", url, "e" * 24, headers=(("X-Key", "${secret.k}"),), referrer="a" * 24))

    assert (scraped.letter is None) is is_sent
    if not is_sent:
        assert scraped.letter.reason == "address_refused"
        assert "allow_hosts" in scraped.letter.message
