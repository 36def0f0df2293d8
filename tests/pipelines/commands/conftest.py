"""A small shop on loopback, and a folder of sources for it."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines.cli import cli

PRODUCTS = [("A1", "Arc", "£10.00"), ("B2", "Bell", "£20.50"), ("C3", "Cone", "£7.25"), ("D4", "Dome", "£99")]
CARDS = "".join(
    f'<article class="card" data-sku="{sku}">'
    f'<h3><a href="/p/{sku}">{title}</a></h3><p class="price">{price}</p></article>'
    for sku, title, price in PRODUCTS
)
LISTING = f"<html><body><h1>Lamps</h1>{CARDS}<a rel='next' href='/lamps?page=2'>Next</a></body></html>"
DETAIL = "<html><body><h1>Arc</h1><p id='desc'>Bright.</p></body></html>"
BAD = LISTING.replace("£20.50", "on request")

SHOP = """\
source: shop
table: shop.products
key: [sku]
seeds: {urls: ["http://shop.test/lamps"]}
items: {css: article.card}
fields:
  sku: {css: "::attr(data-sku)", required: true}
  title: {css: h3, required: true}
  price: {css: .price, convert: price, type: numeric, required: true}
"""
DEFAULTS = "contact: data@team.example\npoliteness: {delay_secs: 0}\n"


APP = (
    f"""<html><body><main></main><script>document.querySelector("main").innerHTML = `{CARDS}`</script></body></html>"""
)

FETCHED = """<html><body><main></main><script>fetch("/api/lamps").then(answer => answer.json()).then(({data}) => {
for (const {sku, title, price} of data) document.querySelector("main").insertAdjacentHTML("beforeend",
  `<article class="card" data-sku="${sku}"><h3><a href="/p/${sku}">${title}</a></h3>
   <p class=price>${price}</p></article>`)
})</script></body></html>"""
LAMPS = json.dumps({"data": [{"sku": sku, "title": title, "price": price} for sku, title, price in PRODUCTS]})

PAGES = {
    "/fetched": FETCHED,
    "/api/lamps": LAMPS,
    "/lamps": LISTING,
    "/bad": BAD,
    "/p/A1": DETAIL,
    "/empty": "<html><body>nothing here</body></html>",
    "/app": APP,
}


class ShopHandler(http.server.BaseHTTPRequestHandler):
    """Counts what is asked; robots.txt is absent."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        body = PAGES.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write((body or "gone").encode())

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


class Shop:
    """The running shop: its port, what was asked of it, and the option that leads to it."""

    def __init__(self, server: http.server.ThreadingHTTPServer, asked: list[str]) -> None:
        self.server = server
        self.asked = asked

    @property
    def resolve(self) -> list[str]:
        return ["--resolve", f"shop.test:80:127.0.0.1:{self.server.server_address[1]}"]


@pytest.fixture
def shop() -> Iterator[Shop]:
    asked: list[str] = []
    handler = type("Handler", (ShopHandler,), {"asked": asked})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield Shop(server, asked)
    server.shutdown()
    server.server_close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with ./sources; it is the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SCRAPELINE_SOURCES", raising=False)
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "shop.yaml").write_text(SHOP)
    (sources / "scrapeline.yaml").write_text(DEFAULTS)
    return tmp_path


@pytest.fixture
def scrapeline() -> Callable[..., Result]:
    """Runs the command in this process; an exception that is no exit is a failure of the test."""

    def run(*words: str) -> Result:
        return CliRunner().invoke(cli, [str(word) for word in words], catch_exceptions=False)

    return run
