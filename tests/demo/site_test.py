"""The demo site serves what real sites serve."""

import gzip
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

import pytest

from demo.running_site import running_site
from demo.site.books import BOOKS
from demo.site.catalogue import CATEGORIES, LISTED_TWICE, products
from demo.site.events import EVENTS
from demo.site.league import SEASONS, players
from demo.site.server import HOSTS
from demo.site.shop import PRICE_KEY
from tests.demo.asking_site import Site

SHOP, PRICES, BROKEN = "www.lamps.example", "api.lamps.example", "www.broken.example"


def test_the_listings_lead_to_every_product_with_some_listed_twice(site: Site) -> None:
    seen: list[str] = []
    for category in CATEGORIES:
        path = f"/c/{category}"
        while path:
            page = site.text(SHOP, path)
            seen += re.findall(r'data-sku="([^"]+)"', page)
            following = re.search(r'rel="next" href="([^"]+)"', page)
            path = urllib.parse.urljoin(path, following[1]) if following else ""
    assert set(seen) == set(products())
    assert len(seen) == len(products()) + LISTED_TWICE


def test_some_products_lack_an_image_a_rating_a_description_or_a_price() -> None:
    made = products().values()
    assert 10 < sum(product.image is None for product in made) < 60
    assert any(product.rating is None for product in made)
    assert 0 < sum(product.amount is None for product in made) < 0.05 * len(made)


def test_the_price_wants_its_key(site: Site) -> None:
    sku = next(sku for sku, product in products().items() if product.amount)
    assert site.get(PRICES, f"/v2/prices/{sku}").status == 401
    answer = site.get(PRICES, f"/v2/prices/{sku}", X_Key=PRICE_KEY)
    assert json.loads(answer.body)["data"]["price"] == {"amount": products()[sku].amount, "currency": "EUR"}


def test_answers_are_gzipped_on_request_and_known_by_their_etag(site: Site) -> None:
    plain = site.get(SHOP, "/c/outdoor")
    packed = site.get(SHOP, "/c/outdoor", Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert site.get(SHOP, "/c/outdoor", If_None_Match=plain.headers["ETag"]).status == 304


@pytest.mark.parametrize(
    ("host", "path", "content_type", "charset"),
    [
        (SHOP, "/c/outdoor", "text/html; charset=utf-8", "utf-8"),
        (SHOP, "/p/OU-1001", "text/html", "windows-1252"),
        ("stats.league.example", "/2025/players.html", "text/html; charset=iso-8859-2", "iso-8859-2"),
    ],
)
def test_pages_come_in_several_charsets(site: Site, host: str, path: str, content_type: str, charset: str) -> None:
    answer = site.get(host, path)
    assert answer.headers["Content-Type"] == content_type
    assert f'<meta charset="{charset}">' in answer.body.decode(charset)
    assert not answer.body.isascii()


def test_the_cursor_leads_through_all_books_once(site: Site) -> None:
    ids: list[str] = []
    path = "/v1/books?limit=25"
    while path:
        page = json.loads(site.get("api.books.example", path).body)
        ids += [book["id"] for book in page["data"]]
        cursor = page["meta"]["next_cursor"]
        path = f"/v1/books?limit=25&cursor={cursor}" if cursor else ""
    assert len(ids) == len(set(ids)) == BOOKS
    assert site.get("api.books.example", "/v1/books?cursor=x").status == 400


def test_the_sitemaps_lead_to_every_event_on_two_hosts(site: Site) -> None:
    assert "sitemap-events.xml.gz" in site.text("www.events.example", "/sitemap.xml")
    sitemap = gzip.decompress(site.get("www.events.example", "/sitemap-events.xml.gz").body).decode()
    urls = [part.split("<")[0] for part in sitemap.split("<loc>")[1:]]
    assert sum("/event/" in url for url in urls) == EVENTS
    assert {url.split("/")[2] for url in urls} == {"www.events.example", "tickets.example"}
    assert '"@id": "#org"' in site.text("tickets.example", "/event/12")


def test_the_second_table_stands_in_a_comment(site: Site) -> None:
    page = site.text("stats.league.example", f"/{SEASONS[0]}/players.html", "iso-8859-2")
    before, _, comment = page.partition("<!--")
    rows = len(players(SEASONS[0]))
    assert before.count("data-append-csv") == comment.partition("-->")[0].count("data-append-csv") == rows
    assert before.count('<tr class="over">') == 4, "the stacked header is repeated for each team"


@pytest.mark.parametrize("host", sorted(set(HOSTS) - {PRICES, "tickets.example"}))
def test_hosts_have_a_robots_file(site: Site, host: str) -> None:
    answer = site.get(host, "/robots.txt")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("path", "status"),
    [("/fine", 200), ("/always-500", 500), ("/missing", 404), ("/gone", 410), ("/blocked", 200), ("/to-metadata", 302)],
)
def test_the_broken_shop_answers_as_it_should(site: Site, path: str, status: int) -> None:
    assert site.get(BROKEN, path).status == status


def test_too_many_requests_heal_after_a_second(site: Site) -> None:
    refused = site.get(BROKEN, "/busy-429")
    assert (refused.status, refused.headers["Retry-After"]) == (429, "1")
    time.sleep(1.1)
    assert site.get(BROKEN, "/busy-429").status == 200


def test_the_bomb_is_small_until_it_is_unpacked(site: Site) -> None:
    answer = site.get(BROKEN, "/bomb")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.body) < 1_000_000
    assert len(gzip.decompress(answer.body)) == 200_000_000


def test_a_cut_body_ends_before_its_length(site: Site) -> None:
    with pytest.raises(http.client.IncompleteRead):
        site.get(BROKEN, "/cut")


STARTER = """
import time
from demo.running_site import running_site
with running_site() as port:
    print(port, flush=True)
    time.sleep(60)
"""


def test_the_site_ends_when_its_starter_is_killed(project: Path) -> None:
    starter = subprocess.Popen([sys.executable, "-c", STARTER], cwd=project, stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    port = int(starter.stdout.readline())
    os.kill(starter.pid, signal.SIGKILL)
    starter.wait()
    starter.stdout.close()
    for _ in range(100):
        try:
            Site(port).get(SHOP, "/")
        except ConnectionRefusedError:
            return
        except ConnectionError:
            pass  # it was just ending
        time.sleep(0.05)
    pytest.fail("the site goes on without the process that started it")


def test_a_redesigned_shop_has_the_same_products_in_another_markup(site: Site) -> None:
    path = "/c/pendants"
    with running_site(redesigned=True) as port:
        after = Site(port).text("www.lamps.example", path)
        same = Site(port).text("www.lamps.example", "/c/table-lamps")
    before = site.text("www.lamps.example", path)

    assert after.count("<h2>") == before.count("<h3>") - 1 == 20  # the advertisement stays as it was
    assert re.findall(r'data-sku="(\S+)"', before) == re.findall(r'data-sku="(\S+)"', after)
    assert same.replace("maker", "brand") == site.text("www.lamps.example", "/c/table-lamps")
