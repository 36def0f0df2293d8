"""Replayed pages that lead on: what is new is fetched, what was fetched is not."""

from typing import Any


def listing(title: str, items: str = "li", if_failed: str = "dead") -> str:
    """A source whose listing carries each item to its detail page."""
    return f"""
source: shop
table: shop.items
key: [sku]
seeds: {{urls: ["http://shop.test/p/1"]}}
politeness: {{delay_secs: 0, concurrency: 4}}
fetch: {{retries: 0}}
pages:
  listing:
    items: {{css: "{items}"}}
    fields:
      sku: {{css: "a::text", required: true}}
    next: {{css: "a[rel=next]::attr(href)"}}
    follow: [{{to: detail, url: {{css: "a::attr(href)"}}, carry: item}}]
  detail:
    if_failed: {if_failed}
    fields: {{title: {{css: "{title}"}}}}
"""


def lamps(wanted: str) -> str:
    """Two listings of two lamps each, which know of each other."""
    number = int(wanted[-1])
    if "/p/" not in wanted:
        return f"<h1>Lamp {number}</h1>"
    lamps = "".join(f"<li><a href='/lamp/{one}'>{one}</a></li>" for one in (2 * number - 1, 2 * number))
    return f"<ul>{lamps}</ul><a rel=next href='/p/{2 if number == 1 else 1}'>other</a>"


def test_a_page_without_items_is_parsed_again_and_followed(shop: Any, project_of_runs: Any) -> None:
    a_shop = shop(lamps)
    project_of_runs.write("shop.yaml", listing("h1", "li.lamp").replace("a[rel=next]", "a.next"))
    a_shop.scrape()
    [line] = a_shop.lines("open")
    assert (line.reason, line.stage, a_shop.rows()) == ("no_items", "parse", {})
    project_of_runs.write("shop.yaml", listing("h1"))

    execution = a_shop.replay()

    assert a_shop.rows() == {str(one): f"Lamp {one}" for one in (1, 2, 3, 4)}
    assert dict(a_shop.site.pages) == {
        "shop.test/p/1": 1, "shop.test/p/2": 1, **{f"shop.test/lamp/{one}": 1 for one in (1, 2, 3, 4)}
    }  # fmt: skip
    assert (execution["pages"], execution["pages_from_archive"], execution["holds"]) == (6, 1, True)
    assert a_shop.outcomes() == [("recovered", "")]


def test_a_page_that_leads_back_to_the_whole_site_does_not_fetch_it_again(shop: Any, project_of_runs: Any) -> None:
    broken = {"shop.test/p/2"}

    def crawled(wanted: str) -> str:
        page = lamps(wanted)
        return page.replace("<ul>", "<ul><li>no link</li>") if wanted in broken else page

    a_shop = shop(crawled)
    parser = project_of_runs.sources / "shop.py"
    parser.write_text(
        "from scrapers.extraction.scraper import Scraper\n\n\nclass Shop(Scraper):\n    def parse(self, page):\n"
        "        if b'no link' in page.body:\n            raise RuntimeError('a list entry without a link')\n"
        "        yield from super().parse(page)\n"
    )
    project_of_runs.write("shop.yaml", listing("h1"))
    a_shop.scrape()
    [line] = a_shop.lines("open")
    assert (line.reason, sorted(a_shop.rows())) == ("parse_error", ["1", "2"])
    asked = a_shop.site.pages
    parser.unlink()
    project_of_runs.write("shop.yaml", listing("h1", "li:has(a)"))

    a_shop.replay()

    assert sorted(a_shop.rows()) == ["1", "2", "3", "4"]
    assert a_shop.site.pages - asked == {"shop.test/lamp/3": 1, "shop.test/lamp/4": 1}


def test_a_carried_item_that_was_written_without_its_page_is_replaced(
    shop: Any, project_of_runs: Any, answer: Any
) -> None:
    down = {"shop.test/lamp/1"}
    a_shop = shop(lambda wanted: answer(status=500) if wanted in down else lamps(wanted))
    project_of_runs.write("shop.yaml", listing("h1", if_failed="emit"))
    a_shop.scrape()
    assert a_shop.rows()["1"] is None

    still_down = a_shop.replay()
    assert a_shop.rows()["1"] is None  # the same row is not written again
    assert (still_down["rows"], still_down["duplicates"]) == (0, 1)

    down.clear()
    execution = a_shop.replay(statuses=("failed_again",))

    [row] = [row for row in a_shop.run.records("rows") if row["execution_id"] == execution["execution_id"]]
    assert (row["sku"], row["title"]) == ("1", "Lamp 1")
    assert len(a_shop.run.records("rows")) == 5
