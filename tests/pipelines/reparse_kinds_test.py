"""Every kind of page and source is parsed again from its archive: rendered ones, sitemaps, code beside a source."""

import gzip
import json
from pathlib import Path
from typing import Any

from schemas.page import Captured, Page
from schemas.request import Request
from scrapers.archive.redaction import Redactor
from scrapers.archive.warc_writer import WarcWriter

HTML = (("Content-Type", "text/html; charset=utf-8"),)


def flags(site: Any) -> list[str]:
    return [site.resolve[0] + "=" + site.resolve[1]]


def archived(run: Any, *pages: Page, name: str = "by-hand.warc.gz") -> Path:
    """Pages in the project's archive."""
    path = Path(run.output, "archive", name)
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = WarcWriter(path.open("wb"), name, Redactor())
    for page in pages:
        writer.add(page)
    writer.close()
    return path


def page_of(number: int, body: str = "", **more: Any) -> Page:
    url = f"http://shop.test/p/{number}"
    request = more.pop("request", None) or Request("shop", url, "0123456789abcdef01234567")
    return Page(request, 200, request.url, HTML, body.encode(), 1_790_000_000.0 + number, **more)


def test_a_rendered_page_and_the_answers_that_it_captured(project_of_runs: Any, write_source: Any, again: Any) -> None:
    answer = Captured("http://shop.test/api", 200, "application/json", b'{"items": [{"sku": "7", "title": "Lamp"}]}')
    archived(
        project_of_runs,
        page_of(1, "<b>shell</b>", rendered=True, captured=(answer,), screenshot=b"\xff\xd8picture"),
        page_of(2, "<b>too soon</b>", rendered=True, incomplete=True),
    )
    fields = {"sku": {"jmes": "sku", "required": True}, "title": {"jmes": "title"}}
    write_source(
        fetch={"mode": "browser", "ready": {"css": "b"}},
        items={"from": "xhr", "jmes": "items"},
        fields=fields,
        checks={"max_dead": 0.9},
    )

    [execution] = again().executions

    assert (execution["pages_rendered"], execution["rows"], execution["holds"]) == (1, 1, True)
    assert json.loads(execution["dead_by_reason"]) == {"not_ready": 1}
    [row] = project_of_runs.records("rows")
    assert (row["sku"], row["title"]) == ("7", "Lamp")


def test_a_sitemap_leads_to_archived_pages(project_of_runs: Any, site: Any, write_source: Any, again: Any) -> None:
    run = project_of_runs
    write_source(seeds={"sitemap": {"url": "http://shop.test/sitemap.xml"}})
    listed = "".join(f"<url><loc>http://shop.test/p/{n}</loc></url>" for n in (1, 2))
    xml = f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{listed}</urlset>"
    run.scrape(*flags(site(lambda wanted: xml if "sitemap" in wanted else f"<b id='{wanted[-1]}'>x</b>")))

    [execution] = again().executions

    live = run.records("executions")[0]
    assert (live["rows"], live["pages"]) == (2, 3)
    for name in ("pages", "rows", "requests", "dead_letters", "holds", "condition"):
        assert execution[name] == live[name], name


def test_an_item_whose_detail_page_failed_is_a_row_where_the_source_says_so(
    project_of_runs: Any, site: Any, answer: Any, again: Any
) -> None:
    run = project_of_runs
    run.write(
        "shop.yaml",
        """
source: shop
table: shop.items
key: [sku]
seeds: {urls: ["http://shop.test/p/1"]}
politeness: {delay_secs: 0}
checks: {max_dead: 0.9}
pages:
  listing:
    items: {css: li}
    fields: {sku: {css: "a::text", required: true}}
    follow: [{to: detail, url: {css: "a::attr(href)"}, carry: item}]
  detail:
    if_failed: emit
    fields: {price: {css: "b::text"}}
""",
    )

    def page(wanted: str) -> Any:
        if "/p/" in wanted:
            return "<li><a href='/d/1'>1</a></li><li><a href='/d/2'>2</a></li>"
        return answer(status=410) if wanted.endswith("2") else "<b>9</b>"

    run.scrape(*flags(site(page)))

    [execution] = again().executions

    assert (execution["rows"], execution["dead_letters"], execution["holds"]) == (2, 1, True)
    rows = [row for row in run.records("rows") if row["execution_id"] == execution["execution_id"]]
    assert {row["sku"]: row["price"] and str(row["price"]) for row in rows} == {"1": "9", "2": None}


def test_hooks_and_scrapers_in_python(project_of_runs: Any, site: Any, write_source: Any, again: Any) -> None:
    run = project_of_runs
    write_source(pages=2)
    run.scrape(*flags(site(lambda wanted: f"<b id='{wanted[-1]}'>lamp</b>")))
    write_source(pages=2, hooks={"item": "shouting.loud"})
    run.write("shouting.py", "def loud(item):\n    return {**item, 'title': item['title'].upper()}\n")

    assert again().executions[0]["rows"] == 2
    assert [row["title"] for row in run.records("rows")].count("LAMP") == 2

    write_source(pages=2)
    run.write(
        "shop.py",
        "from scrapers.extraction.scraper import Scraper\n\n\nclass Shop(Scraper):\n    def parse(self, page):\n"
        "        for item in super().parse(page):\n            yield {**item, 'title': 'by code'}\n",
    )
    assert again().changes[0].samples["changed"][0].fields["title"] == ("LAMP", "by code")


NO_NETWORK = """
import sys

EVENTS = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")


def refuse(event, arguments):
    if event in EVENTS and not {"127.0.0.1", "localhost", "::1"} & {str(part) for part in flat(arguments)}:
        raise OSError(f"network: {event}{arguments}")


def flat(arguments):
    for one in arguments:
        yield from one if isinstance(one, tuple) else (one,)


sys.addaudithook(refuse)
"""
TELLING = """
import os
import socket

from scrapers.extraction.scraper import Scraper


class Shop(Scraper):
    def parse(self, page):
        try:
            socket.getaddrinfo("shop.test", 80)
            said = "connected"
        except OSError as error:
            said = str(error)[:8]
        for item in super().parse(page):
            yield {**item, "title": f"{said} {os.getpid()}"}
"""


def test_worker_processes_need_no_network(project_of_runs: Any, write_source: Any) -> None:
    run = project_of_runs
    for number in (1, 2):
        archived(run, page_of(number, f"<b id='{number}'>x</b>"), name=f"{number}.warc.gz")
    write_source()
    run.write("shop.py", TELLING)
    (run.folder / "sitecustomize.py").write_text(NO_NETWORK)
    words = ["reparse", "shop", "--sources", str(run.sources), "--output", str(run.output), "--workers", "2"]

    process = run.start(*words, env={"PYTHONPATH": f"{run.folder}:{Path.cwd()}"})

    assert process.wait(100) == 0, run.errors()
    said = [row["title"].split() for row in run.records("rows")]
    assert [words[0] for words in said] == ["network:", "network:"]
    assert str(process.pid) not in {words[1] for words in said}


def test_pieces_of_files_cost_themselves(project_of_runs: Any, write_source: Any, again: Any) -> None:
    run = project_of_runs
    whole = archived(run, *(page_of(n, f"<b id='{n}'>x</b>") for n in range(4)), name="whole.warc.gz")
    plain = gzip.decompress(whole.read_bytes())
    whole.unlink()
    third = plain.index(b"WARC-Target-URI: http://shop.test/p/3")
    whole.with_name("a-plain-cut-in-a-head.warc").write_bytes(plain[: third + 20])
    archived(run, page_of(7, "<b id='7'>x</b>"), name="b-fine.warc.gz")
    whole.with_name("c-no-warc.warc.gz").write_bytes(b"<html>not found</html>")
    whole.with_name("d-empty.warc.gz").write_bytes(b"")
    write_source(checks={"max_dead": 0.9})

    [execution] = again().executions

    assert (execution["rows"], execution["holds"]) == (4, True)
    letters = run.records("dead_letters")
    assert sorted(letter["archive_file"] for letter in letters) == ["a-plain-cut-in-a-head.warc", "c-no-warc.warc.gz"]
    assert {letter["reason"] for letter in letters} == {"bad_content"}


def test_an_archive_of_elsewhere_is_named(project_of_runs: Any, write_source: Any, again: Any) -> None:
    run = project_of_runs
    path = archived(run, page_of(1, "<b id='1'>x</b>"))
    write_source()
    elsewhere = path.parent.rename(run.folder / "elsewhere")

    assert again(archive=str(elsewhere)).executions[0]["archive_path"] == str(elsewhere)

    elsewhere.rename(run.output / "archive")
    assert again().executions[0]["archive_path"] == "archive"
