"""Letters of every kind: of tables, re-parses, sitemaps, browsers, rounds, and those that cannot go back."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines.places import Places
from pipelines.reparse import Order, reparse
from schemas.dead_letter import DeadLetter
from schemas.dead_letter_table import letter_record
from schemas.page import ArchivePointer
from schemas.reasons import Dead
from schemas.request import Request
from scrapers.browsing.executable import BrowserMissing, find_browser

TITLE = {"sku": {"css": "::attr(id)", "required": True}, "title": {"css": "i::text", "required": True}}
MENDED = {**TITLE, "title": {"css": "*::text", "required": True}}
PAGE = "<b id=1><i>ok</i></b><b id=2><u>mend</u></b>"


def write_letter(a_shop: Any, letter: DeadLetter) -> None:
    folder = Path(a_shop.run.output) / "dead_letters"
    folder.mkdir(exist_ok=True)
    record = {name: value for name, value in letter_record(letter).items() if value is not None}
    record |= dict.fromkeys(("failed_at", "first_failed_at"), "2026-11-22T02:00:00Z")
    name = f"{letter.request.execution_id}-a1-{letter.letter_id[:6]}.jsonl"
    (folder / name).write_text(json.dumps(record, default=str) + "\n")


def test_a_row_that_the_table_refused_is_written_again(shop: Any, write_source: Any) -> None:
    a_shop = shop(lambda _wanted: "<b id=1><i>ok</i></b><b id=2><i>refused</i></b>")
    write_source(pages=1, fields=TITLE)
    a_shop.scrape()
    [path] = (a_shop.run.output / "rows").rglob("*.parquet")
    rows = pq.read_table(path, partitioning=None)
    refused = rows.slice(1, 1).to_pylist()[0]
    pq.write_table(rows.slice(0, 1), path)
    # as transforms.bigquery writes it: it knows no params and no carried item
    request = Request("shop", refused["url"], refused["execution_id"], request_id=refused["request_id"])
    pointer = ArchivePointer(refused["archive_file"], refused["archive_offset"], refused["archive_digest"])
    letter = DeadLetter(
        "write", Dead.REFUSED_BY_TABLE, request, "out of range", item={"sku": "2"}, item_number=1, archived=pointer
    )
    write_letter(a_shop, letter)

    execution = a_shop.replay()

    assert a_shop.rows() == {"1": "ok", "2": "refused"}
    assert (execution["rows"], execution["duplicates"], execution["holds"]) == (1, 1, True)
    assert a_shop.outcomes() == [("recovered", "")]
    assert a_shop.site.pages == {"shop.test/p/1": 1}


def test_what_cannot_go_back_says_why(broken_shop: Any) -> None:
    a_shop = broken_shop
    [line] = a_shop.lines("open")
    of = line.execution_id
    broken = ArchivePointer("broken.warc.gz", 17, "")
    write_letter(
        a_shop, DeadLetter("parse", Dead.BAD_CONTENT, Request("shop", "", of, request_id="b" * 24), archived=broken)
    )
    write_letter(
        a_shop,
        DeadLetter("scrape", Dead.PARSE_ERROR, Request("shop", "", of, request_id="c" * 24), "the seed file is gone"),
    )
    write_letter(a_shop, DeadLetter("parse", Dead.NO_ITEMS, Request("shop", "http://shop.test/x", of, "old")))
    hashed = {"owner": f"blake2b:{'0' * 32}"}
    write_letter(a_shop, DeadLetter("scrape", Dead.TIMEOUT, Request("shop", "http://shop.test/y", of, item=hashed)))
    write_letter(a_shop, DeadLetter("write", Dead.REFUSED_BY_TABLE, Request("shop", "http://shop.test/z", of)))

    ways, _ = a_shop.prepare()

    assert (ways.letters, ways.requests, ways.fetched) == (1, 1, 0)
    whys = sorted(why for _, why in ways.refused)
    assert [why.split(":")[0] for why in whys] == [
        "it is a broken record of the archive, whose request nobody knows",
        "it stands for seeds that could not be read",
        "its carried item has a personal value that only its hash was kept of",
        "its page is not in the archive, and only that knows the whole request",
        "today's source has no page type 'old'",
    ]


def parse_again(a_shop: Any) -> None:
    output = str(a_shop.run.output)
    reparse(Order(a_shop.run.sources, ["shop"], f"{output}/archive", Places(output)))


def test_letters_of_a_re_parse_are_the_same_failures(shop: Any, write_source: Any) -> None:
    a_shop = shop(lambda _wanted: PAGE)
    write_source(pages=1, fields=TITLE)
    a_shop.scrape()
    [first] = a_shop.run.records("executions")
    parse_again(a_shop)
    [line] = a_shop.lines("open")
    assert len(line.executions) == 2
    write_source(pages=1, fields=MENDED)

    execution = a_shop.replay()

    assert execution["replay_of"] == first["execution_id"]
    assert a_shop.lines("open") == []
    assert [row["sku"] for row in a_shop.run.records("rows") if row["execution_id"] == execution["execution_id"]] == [
        "2"
    ]


def test_what_a_re_parse_has_made_is_not_written_again(broken_shop: Any) -> None:
    a_shop = broken_shop
    parse_again(a_shop)
    before = len(a_shop.run.records("rows"))

    execution = a_shop.replay()

    assert (execution["rows"], execution["status"]) == (0, "no_data")
    assert len(a_shop.run.records("rows")) == before
    assert a_shop.outcomes() == [("recovered", "")]


def test_a_run_that_needed_more_rounds_is_continued(shop: Any, project_of_runs: Any) -> None:
    hosts = ("a.test", "b.test", "c.test", "d.test")

    def chain(wanted: str) -> str:
        at = hosts.index(wanted.partition("/")[0])
        return f"<b id={at}>x</b>" + (f"<a href='http://{hosts[at + 1]}/'>on</a>" if at + 1 < len(hosts) else "")

    a_shop = shop(chain)
    project_of_runs.write(
        "shop.yaml",
        'source: shop\ntable: shop.items\nkey: [sku]\nseeds: {urls: ["http://a.test/"]}\n'
        "politeness: {delay_secs: 0}\nitems: {css: b}\n"
        'fields: {sku: {css: "::attr(id)"}, title: {css: "::text"}}\nfollow: {links: {allow: "."}}\n',
    )
    a_shop.scrape()
    [line] = a_shop.lines("open")
    assert (line.reason, sorted(a_shop.rows())) == ("rounds_exceeded", ["0", "1"])

    a_shop.replay()

    assert sorted(a_shop.rows()) == ["0", "1", "2", "3"]
    assert a_shop.outcomes() == [("recovered", "")]
    assert set(a_shop.site.pages.values()) == {1}


def test_a_sitemap_that_did_not_come_is_read_when_it_comes(shop: Any, project_of_runs: Any, answer: Any) -> None:
    down = {"shop.test/sitemap.xml"}
    namespace = "http://www.sitemaps.org/schemas/sitemap/0.9"
    sitemap = f"<urlset xmlns='{namespace}'><url><loc>http://shop.test/p/1</loc></url></urlset>"

    def pages(wanted: str) -> Any:
        if wanted in down:
            return answer(status=503)
        return answer(sitemap, headers={"Content-Type": "application/xml"}) if "sitemap" in wanted else "<b id=1>x</b>"

    a_shop = shop(pages)
    project_of_runs.write(
        "shop.yaml",
        'source: shop\ntable: shop.items\nkey: [sku]\nseeds: {sitemap: "http://shop.test/sitemap.xml"}\n'
        "politeness: {delay_secs: 0}\nfetch: {retries: 0}\nitems: {css: b}\n"
        'fields: {sku: {css: "::attr(id)"}, title: {css: "::text"}}\n',
    )
    a_shop.scrape()
    down.clear()

    a_shop.replay()

    assert (a_shop.rows(), a_shop.outcomes()) == ({"1": "x"}, [("recovered", "")])


def test_a_rendered_page_is_parsed_again_without_a_browser(shop: Any, write_source: Any) -> None:
    try:
        find_browser()
    except BrowserMissing as missing:
        pytest.skip(f"needs: Chromium ({missing})")
    a_shop = shop(lambda _wanted: f"<main></main><script>document.querySelector('main').innerHTML = '{PAGE}'</script>")
    rendered = {"fetch": {"mode": "browser", "ready": {"css": "b"}}}
    write_source(pages=1, fields=TITLE, **rendered)
    a_shop.scrape()
    asked = len(a_shop.site.asked)
    write_source(pages=1, fields=MENDED, **rendered)

    execution = a_shop.replay()

    assert (a_shop.rows(), len(a_shop.site.asked)) == ({"1": "ok", "2": "mend"}, asked)
    assert (execution["pages_from_archive"], execution["browser_secs"]) == (1, 0.0)
