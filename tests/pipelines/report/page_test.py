"""The page: everything that came from the web is a text in it, and it is bounded however much there is."""

import datetime
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from selectolax.lexbor import LexborHTMLParser

from pipelines.places import places
from pipelines.report.page import Nothing, report_page
from pipelines.report.scope import Scope
from pipelines.stores.store import open_store
from tests.pipelines.report.output import (
    archive_pages,
    at,
    execution,
    jpeg,
    letter,
    problems,
    replay,
    write,
    write_rows,
)

NOW = datetime.datetime(2026, 12, 1, 8, tzinfo=datetime.UTC)
EVIL = "</style></code><script>alert(1)</script><img src=x onerror=alert(2)>\"'{{ 7*7 }}"


def page_of(folder: Path, scope: Scope = Scope()) -> LexborHTMLParser:  # noqa: B008  it is frozen
    where = places(str(folder))
    return LexborHTMLParser(report_page(open_store(where), where, scope, NOW))


def text_of(page: LexborHTMLParser, selector: str) -> str:
    return " ".join(" ".join(node.text() for node in page.css(selector)).split())


def drift(what: str, name: str, before: dict[str, Any], after: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "what": what, "name": name, "was": 1.0, "now": 0.0, "runs": 3, "by": "history", "degrades": True,
        "since": {"execution_id": "shop-3", "at": at(3)}, "before": before, "after": after,
        "sentence": f"{name} in 0% of the rows, 100% before", **changes,
    }  # fmt: skip


def test_what_needs_attention_stands_first_in_sentences(tmp_path: Path) -> None:
    reasons = ("check max_dead: 9 dead letters, 5% allowed",)
    write(
        tmp_path,
        [execution("books", number) for number in range(2)]
        + [execution("shop", 0), execution("shop", 1, status="failed", reasons=reasons, rows=3, dead_letters=9)],
    )

    page = page_of(tmp_path)

    assert text_of(page, "h1") == "1 of 2 sources needs attention"
    concern = text_of(page, "#attention article")
    assert "shop failed" in concern
    assert reasons[0] in concern
    assert "3 rows; 100 on average in good scrapes before." in concern
    assert "New in its last scrape, 2 Nov 2026, 02:00." in concern
    assert f"scrapeline dead-letters list --source shop --output {tmp_path}" in concern
    assert f"scrapeline reparse shop --diff --output {tmp_path}" in concern


def test_one_good_execution_is_a_page_too(tmp_path: Path) -> None:
    write(tmp_path, [execution("shop", 0)])

    page = page_of(tmp_path)

    assert text_of(page, "h1") == "The source is well"
    assert text_of(page, "#attention .well") == "Every source's newest scrape went well."
    assert "No letter is open." in text_of(page, "#failures")
    assert "did not record their requests by host" in text_of(page, "#politeness")


@pytest.mark.parametrize("scope", [Scope(), Scope(sources=("other",)), Scope(since=NOW)])
def test_nothing_to_tell_is_said(tmp_path: Path, scope: Scope) -> None:
    if scope != Scope():
        write(tmp_path, [execution("shop", 0)])

    with pytest.raises(Nothing, match=f"{re.escape(str(tmp_path))} holds no executions"):
        page_of(tmp_path, scope)


def hostile(folder: Path) -> None:
    """An output of which every text is an attack."""
    about = {"url": "javascript:alert(3)", "file": "../../etc/passwd", "offset": 0, "execution_id": EVIL}
    fell = drift("field", EVIL, about, about, sentence=EVIL)
    ill = {"condition": "degraded", "coverage": {EVIL: 0.1}, "hosts": {EVIL: {"requests": 1}}, "drift": (fell,)}
    problem = dict.fromkeys(("field", "value", "rule", "message"), EVIL)
    texts = {"message": EVIL, "reason": EVIL, "stage": EVIL, "archive_file": EVIL, "archive_offset": 1}
    write(
        folder,
        [
            execution(EVIL, 0, status="failed", reasons=(EVIL,), limited_to=EVIL, coverage={EVIL: 1.0}),
            execution(EVIL, 1, reasons=(EVIL,), **ill),
        ],
        [
            letter(EVIL, 1, url="javascript:alert(4)", problems=problems(problem), **texts),
            letter(EVIL, 1, 1, reason="other", url='https://a.example/"onmouseover="alert(5)', problems="[{,"),
        ],
    )
    write(folder, [execution("shop", 1)])
    row = {EVIL: [EVIL], "url": ["javascript:alert(6)"], "scraped_at": [NOW], "execution_id": ["shop-1"]}
    write_rows(folder, "shop.products", "shop-1", pa.table(row))


def test_nothing_of_the_web_is_more_than_a_text(tmp_path: Path) -> None:
    hostile(tmp_path)
    page = page_of(tmp_path)

    assert EVIL.split('"')[0] in text_of(page, "#failures h3")
    assert "49" not in text_of(page, "#failures h3"), "no text is a template"
    assert "javascript:alert(6)" in text_of(page, "#samples td")
    assert [
        node.tag for node in page.css("script, iframe, object, embed, form, base, link, meta[http-equiv=refresh]")
    ] == []
    for node in page.css("*"):
        assert not [name for name in node.attributes if name.startswith("on") or name == "style"], node.html
    assert all((link.attributes["href"] or "").startswith(("http://", "https://", "#")) for link in page.css("a"))
    assert all((image.attributes["src"] or "").startswith("data:image/jpeg;base64,") for image in page.css("img"))


def test_the_policy_allows_the_page_its_style_and_pictures_only(tmp_path: Path) -> None:
    write(tmp_path, [execution("shop", 0)])
    meta = page_of(tmp_path).css_first("meta[http-equiv=Content-Security-Policy]")

    assert meta is not None
    policy = dict(part.strip().split(" ", 1) for part in (meta.attributes["content"] or "").split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["img-src"] == "data:"
    assert re.fullmatch(r"'sha256-[\w+/]{43}='", policy["style-src"])


def test_a_failure_has_its_fields_its_picture_and_its_commands(tmp_path: Path) -> None:
    [kept] = archive_pages(tmp_path, [("https://shop.example/a", b"<p>a</p>", jpeg())])
    found = problems({"field": "price", "rule": "min", "message": "at least 0 was expected", "value": "-3"})
    write(
        tmp_path,
        [execution("shop", 1, dead_letters=3)],
        [
            letter(
                "shop", 1, 1, reason="invalid_item", problems=found, message="price: at least 0 was expected", **kept
            ),
            letter("shop", 1, 0, reason="invalid_item", failed_at=0),
            letter("shop", 1, 2, reason="no_items"),
        ],
        [replay("shop-1-2", "recovered", 2)],
    )

    page = page_of(tmp_path)

    [card] = page.css("#failures article")
    words = " ".join(card.text().split())
    assert "shop: invalid_item" in words
    assert [cell.text() for cell in card.css("tbody > tr > *")] == ["price", "min", "at least 0 was expected", "-3"]
    assert "1 more letter like it" in words
    assert f"scrapeline dead-letters replay shop-1-1 --output {tmp_path}" in words
    [picture] = card.css("img")
    assert "https://shop.example" in (picture.attributes["alt"] or "")


def test_pictures_are_few_and_small(tmp_path: Path) -> None:
    of_a_desk = jpeg(1920, 1080)
    kept = archive_pages(tmp_path, [(f"https://shop.example/{number}", b"", of_a_desk) for number in range(14)])
    write(
        tmp_path,
        [execution("shop", 1)],
        [letter("shop", 1, number, reason=f"reason {number}", **kept[number]) for number in range(14)],
    )

    pictures = page_of(tmp_path).css("img")

    assert len(pictures) == 12
    assert sum(len(picture.attributes["src"] or "") for picture in pictures) < 2_100_000


def test_a_letter_that_failed_again_is_tried_again_only_when_asked(tmp_path: Path) -> None:
    letters = [letter("shop", 1, number, reason=f"reason {number}") for number in range(2)]
    replays = [replay("shop-1-0", "failed_again", 2, "shop-1-0"), replay("shop-1-1", "failed_again", 2, "another")]
    write(tmp_path, [execution("shop", 1)], letters, replays)

    page = page_of(tmp_path)

    assert text_of(page, "#failures h3") == "shop: reason 0", "the other one goes on as another letter"
    assert f"replay shop-1-0 --again --output {tmp_path}" in text_of(page, "#failures article")
    assert "0 open, 2 failed again" in text_of(page, ".tiles")


def test_a_picture_that_is_not_to_be_had_is_left_out(tmp_path: Path) -> None:
    url = "https://shop.example/a"
    whole, no_jpeg = archive_pages(tmp_path, [(url, b"<p>a</p>", jpeg()), (url, b"<p>b</p>", b"no JPEG")])
    pointers = [{**whole, "screenshot": "gone.warc.gz"}, {**whole, "screenshot_offset": 7}, no_jpeg]
    write(
        tmp_path,
        [execution("shop", 1)],
        [letter("shop", 1, number, reason=f"reason {number}", **pointer) for number, pointer in enumerate(pointers)],
    )

    page = page_of(tmp_path)

    assert page.css("img") == []
    assert len(page.css("#failures article")) == 3


def test_drift_shows_since_when_and_what_of_the_page_went_and_came(tmp_path: Path) -> None:
    url = "https://shop.example/c"
    before, after = archive_pages(
        tmp_path,
        [(url, b"<ul><li><h3>Arc</h3></li></ul>", jpeg()), (url, b"<ul><li><h2>Arc</h2></li></ul>", b"")],
    )
    pages = [
        {
            "url": url,
            "file": one["archive_file"],
            "offset": one["archive_offset"],
            "digest": "",
            "execution_id": f"shop-{day}",
        }
        for one, day in ((before, 2), (after, 3))
    ]
    write(
        tmp_path,
        [
            execution("shop", 2, page_types={"listing": {"skeleton": ["li>h3", "ul>li"]}}),
            execution("shop", 3, condition="degraded", page_types={"listing": {"skeleton": ["li>h2", "ul>li"]}},
                      drift=(drift("skeleton", "listing", *pages, degrades=False), drift("field", "title", *pages))),
        ],
    )  # fmt: skip

    page = page_of(tmp_path)

    [card] = page.css("#coverage article")
    words = " ".join(card.text().split())
    assert "shop: skeleton listing, title" in words, "what the same two pages show stands together"
    assert "title in 0% of the rows, 100% before (since 4 Nov 2026, 02:00)" in words
    assert "Gone from the pages: li>h3 New on them: li>h2" in words
    assert [node.text() for node in card.css(".changes .gone, .changes .came")] == ["-<h3>Arc</h3>", "+<h2>Arc</h2>"]
    assert len(card.css("img")) == 1
    assert "title in 0% of the rows, 100% before" in text_of(page, "#attention article")


def test_what_degrades_a_source_stands_before_what_does_not(tmp_path: Path) -> None:
    pages = [{"url": f"https://shop.example/{number}", "execution_id": "shop-1"} for number in range(4)]
    fallen = (drift("skeleton", "listing", *pages[:2], degrades=False), drift("field", "title", *pages[2:]))
    write(tmp_path, [execution("shop", 1, condition="degraded", drift=fallen)])

    assert [node.text() for node in page_of(tmp_path).css("#coverage h4[id]")] == [
        "shop: title",
        "shop: skeleton listing",
    ]


def test_drift_of_any_shape_breaks_nothing(tmp_path: Path) -> None:
    shapes = ["", "null", "[]", "{}", "[1]", "no JSON", '[{"what": "rows"}]', '{"shop": 1}']
    columns = ("drift", "page_types", "hosts", "fields", "coverage")
    write(
        tmp_path,
        [{**execution(f"s{number}", 1), **dict.fromkeys(columns, shape)} for number, shape in enumerate(shapes)],
    )

    assert text_of(page_of(tmp_path), "h1") == "All 8 sources are well"


def test_newest_rows_are_those_of_the_newest_scrape_and_cut(tmp_path: Path) -> None:
    write(tmp_path, [execution("shop", 0), execution("shop", 1)])
    for day in (0, 1):
        moments = [NOW + datetime.timedelta(days=day, seconds=number) for number in range(5)]
        rows = {
            "sku": [f"{day}-{number}" for number in range(5)], "title": ["x" * 500] * 5, "price": [None] * 5,
            "tags": [["a", "b"]] * 5, "row_id": ["r"] * 5, "scraped_at": moments, "execution_id": [f"shop-{day}"] * 5,
        }  # fmt: skip
        write_rows(tmp_path, "shop.products", f"shop-{day}", pa.table(rows))

    page = page_of(tmp_path)

    cells = [[cell.text() for cell in row.css("td")] for row in page.css("#samples tbody tr")]
    assert [row[0] for row in cells] == ["1-4", "1-3", "1-2"]
    assert cells[0][1:4] == ["x" * 79 + "…", "null", '["a", "b"]']
    assert [head.text() for head in page.css("#samples th")] == ["sku", "title", "price", "tags", "scraped_at"]


def test_many_runs_are_told_day_by_day(tmp_path: Path) -> None:
    write(tmp_path, [execution("shop", number / 4) for number in range(164)])

    page = page_of(tmp_path)

    assert "day by day" in text_of(page, "#executions .query")
    assert len(page.css("#executions tbody tr")) == 41


def test_runs_of_one_minute_are_told_apart(tmp_path: Path) -> None:
    minute = 1 / (24 * 60)
    write(tmp_path, [execution("shop", day) for day in (0, minute / 3, minute / 2)])

    page = page_of(tmp_path)

    shown = text_of(page, "#executions .wide text")
    assert all(moment in shown for moment in ("02:00:00", "02:00:20", "02:00:30"))
    assert len(page.css("#executions tbody tr")) == 3


def test_a_page_about_very_much_stays_one_that_can_be_opened(tmp_path: Path) -> None:
    names = [f"source_{number}" for number in range(60)]
    well = {f"field_{number}": 1.0 for number in range(20)}
    write(
        tmp_path,
        [execution(name, 0, coverage=well) for name in names]
        + [execution(name, 1, status="failed", coverage={**well, "field_0": 0.1, "field_1": 0.2}) for name in names],
        [letter(name, 1, number, reason=f"reason_{number}") for name in names for number in range(5)],
    )

    page = page_of(tmp_path)

    assert text_of(page, "h1") == "60 of 60 sources need attention"
    assert len(page.css("#attention article")) == 30
    assert "And 30 more sources: see the table." in text_of(page, "#attention p")
    assert len(page.css("#coverage tr.fallen")) == 100
    assert "And 20 more fields; the query has them all." in text_of(page, "#coverage p")
    assert len(page.html or "") < 1_500_000


def test_a_period_with_nothing_but_a_replay_says_so(tmp_path: Path) -> None:
    write(tmp_path, [execution("shop", 0), execution("shop", 9, replay_of="shop-0")])

    page = page_of(tmp_path, Scope(NOW - datetime.timedelta(days=25), ()))

    assert text_of(page, "h1") == "Nothing was scraped"
    assert "there were only replays or reparses" in text_of(page, "#attention")
    assert "in 1 run, 1 replay" in text_of(page, ".tiles")
