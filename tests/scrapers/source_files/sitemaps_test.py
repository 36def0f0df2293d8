"""Sitemaps as they are, not as they should be."""

import gzip
import hashlib
import os

import pytest

from schemas.page import Page
from schemas.request import Request
from scrapers.source_files import sitemaps
from scrapers.source_files.sitemaps import SITEMAP, read_sitemap

SOURCE = """\
source: shop
table: a.b
seeds: {sitemap: {url: "https://x.test/sitemap.xml", OPTIONS}}
fields: {t: {css: h1}}
"""
AT = 1_772_500_000.0  # 2026-03-03


@pytest.fixture
def read(load):
    """Reads a body as the sitemap of a source; gives the URLs of its pages and of its further sitemaps."""

    def read_body(body, options="deny: []", depth=0):
        loaded = load(SOURCE.replace("OPTIONS", options))
        request = Request("shop", "https://x.test/sitemap.xml", "e1", SITEMAP, depth=depth)
        body = body if isinstance(body, bytes) else body.encode()
        pages, further = read_sitemap(Page(request, 200, request.url, (), body, AT), loaded)
        assert all(page.page_type == "" and page.depth == depth + 1 for page in pages)
        assert all(one.page_type == SITEMAP and one.depth == depth + 1 for one in further)
        return [page.url for page in pages], [one.url for one in further]

    return read_body


def urlset(*entries: str, head: str = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">') -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{"".join(entries)}</urlset>'


PLAIN = urlset("<url><loc>https://x.test/1</loc></url>", "<url><loc>\n https://x.test/2?a=1&amp;b=2\n</loc></url>")
URLS = ["https://x.test/1", "https://x.test/2?a=1&b=2"]


@pytest.mark.parametrize(
    "body",
    [
        PLAIN,
        "\n\n  " + PLAIN,
        PLAIN.replace("sitemaps.org/schemas", "google.com/other"),
        PLAIN.replace('xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"', ""),
        PLAIN.replace("<url", "<s:url").replace("</url", "</s:url").replace("xmlns=", "xmlns:s="),
        PLAIN.replace("</urlset>", ""),
        PLAIN.replace("</url></urlset>", ""),
        PLAIN.replace("&amp;", "&"),
        PLAIN.replace("https://x.test/1", "<![CDATA[https://x.test/1]]>"),
        PLAIN.replace("https://x.test/1", "/1"),
        PLAIN.replace("<url>", "<url><image:image xmlns:image='i'><image:loc>https://x.test/i.png</image:loc></image:image>"),
        "https://x.test/1\nhttps://x.test/2?a=1&b=2\n",
        "\ufeff# ours\r\nhttps://x.test/1\r\n\r\nhttps://x.test/2?a=1&b=2",
        "<rss><channel><item><link>https://x.test/1</link></item>"
        "<item><guid>https://x.test/2?a=1&amp;b=2</guid></item></channel></rss>",
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><link rel='self' href='/no'/><link href='https://x.test/1'/></entry>"
        "<entry><link rel='alternate' href='https://x.test/2?a=1&amp;b=2'/></entry></feed>",
    ],
)  # fmt: skip
def test_every_kind_gives_its_pages(read, body):
    assert read(body) == (URLS, [])


def test_gzip_is_seen_by_its_bytes_and_a_cut_one_is_used_as_far_as_it_goes(read):
    packed = gzip.compress(PLAIN.encode())
    noise = urlset(
        *(f"<url><loc>https://x.test/{hashlib.sha256(b'%d' % n).hexdigest()}</loc></url>" for n in range(5000))
    )

    assert read(packed)[0] == URLS
    assert read(gzip.compress(PLAIN[:100].encode()) + gzip.compress(PLAIN[100:].encode()))[0] == URLS
    assert 1000 < len(read(gzip.compress(noise.encode())[:-20_000])[0]) < 5000


def test_utf_16_is_read(read):
    assert read(PLAIN.replace("UTF-8", "UTF-16").encode("utf-16"))[0] == URLS


def test_an_index_names_further_sitemaps_with_and_without_loc(read):
    body = (
        "<sitemapindex><sitemap><loc>https://x.test/a.xml</loc></sitemap>"
        "<sitemap>https://x.test/b.xml</sitemap><sitemap/></sitemapindex>"
    )

    assert read(body) == ([], ["https://x.test/a.xml", "https://x.test/b.xml"])
    assert read(body, depth=5) == ([], [])


def test_allow_and_deny_choose_pages_not_sitemaps(read):
    body = urlset(*(f"<url><loc>https://x.test/{path}</loc></url>" for path in ("p/1", "p/2?sort=a", "about")))

    assert read(body, 'allow: "/p/[0-9]+", deny: "sort="')[0] == ["https://x.test/p/1"]
    assert read("<sitemapindex><sitemap><loc>https://x.test/a.xml</loc></sitemap></sitemapindex>", "allow: /p/")[1]


@pytest.mark.parametrize("since", ["7 days", "2026-02-24"])
def test_since_leaves_out_what_has_not_changed(read, since):
    dates = ["2026-03-01T10:00:00Z", "2026-02-24", "2026-02-23", "2026-02", "2026-01", "2025", "nonsense", ""]
    body = urlset(
        *(f"<url><loc>https://x.test/{n}</loc><lastmod>{date}</lastmod></url>" for n, date in enumerate(dates))
    )

    assert read(body, f"since: {since}")[0] == [f"https://x.test/{n}" for n in (0, 1, 3, 6, 7)]


def test_entities_are_not_expanded_and_no_file_is_read(read):
    bomb = '<!DOCTYPE x [<!ENTITY a "https://x.test/a"><!ENTITY f SYSTEM "file:///etc/passwd">]>' + urlset(
        "<url><loc>&a;&f;</loc></url>", "<url><loc>https://x.test/1</loc></url>"
    ).removeprefix('<?xml version="1.0" encoding="UTF-8"?>\n')

    assert read(bomb)[0] == ["https://x.test/1"]


def test_a_bomb_is_read_up_to_the_limit(read, monkeypatch):
    monkeypatch.setattr(sitemaps, "MAX_BYTES", 100_000)
    body = urlset("<url><loc>https://x.test/1</loc></url>", " " * 10_000_000)

    assert read(gzip.compress(body.encode()))[0] == ["https://x.test/1"]


def test_what_is_no_sitemap_gives_nothing(read):
    page = "<!doctype html><html><body><a href='https://x.test/'>x</a><url><loc>https://x.test/2</loc></url></html>"
    bodies = [
        b"",
        b"\x1f\x8b",
        b"\x1f\x8b\x08garbage",
        page,
        "<",
        "<a",
        "{}",
        b"\x00\x01\x02",
        os.urandom(2000),
        "mailto:x",
    ]

    assert [read(body) for body in bodies] == [([], [])] * len(bodies)


def test_no_page_url_reads_as_a_placeholder(read):
    assert read(urlset("<url><loc>https://x.test/${secret.k}</loc></url>"))[0] == ["https://x.test/%24%7Bsecret.k%7D"]
