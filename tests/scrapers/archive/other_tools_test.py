"""The indexer that pywb is fed with reads what is written here."""

import io
import json
from pathlib import Path

import pytest
from cdxj_indexer.main import CDXJIndexer

from schemas.page import Captured, Page
from schemas.request import Request
from scrapers.archive.redaction import Redactor
from scrapers.archive.warc_writer import WarcWriter

HTML = (("Content-Type", "text/html; charset=utf-8"), ("Content-Encoding", "gzip"))
API = Captured("http://shop.test/api", 200, "application/json", b"[]")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An answer of the network, and a rendered page."""
    path = tmp_path / "pages.warc.gz"
    writer = WarcWriter(path.open("wb"), path.name, Redactor())
    for number, rendered in enumerate((False, True)):
        url = f"http://shop.test/p/{number}"
        request = Request("shop", url, "run", headers=(("Accept", "text/html"),))
        page = Page(request, 200, url, HTML, b"<b>x</b>", 1_790_000_000.5, rendered=rendered)
        page.captured = (API,) if rendered else ()
        page.screenshot = b"\xff\xd8" if rendered else b""
        writer.add(page)
    writer.close()
    return path


def test_each_answer_of_the_network_is_indexed_where_it_stands(archive: Path) -> None:
    index = io.StringIO()

    CDXJIndexer(index, [str(archive)], sort=True).process_all()

    found = {}
    for line in index.getvalue().splitlines():
        _, moment, about = line.split(" ", 2)
        entry = json.loads(about)
        found[entry["url"]] = entry.get("status"), entry["mime"], moment
        whole = archive.read_bytes()[int(entry["offset"]) :][: int(entry["length"])]
        assert whole.startswith(b"\x1f\x8b")
    assert found["http://shop.test/p/0"] == ("200", "text/html", "20260921141320")
    assert found["http://shop.test/api"] == ("200", "application/json", "20260921141320")
    assert "http://shop.test/p/1" not in found  # no server said what a browser made
