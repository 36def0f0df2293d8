"""What a page as a whole is read as: verdicts, hooks, code beside the source."""

from collections.abc import Callable

import pytest

from schemas.page import Page
from schemas.reading import Reading
from scrapers.extraction.scraper import Scraper, reader

Read = Callable[..., Reading]
MakeScraper = Callable[..., Scraper]
PageOf = Callable[..., Page]
LISTING = "items: {css: li}\nfields: {name: {css: b, required: true}, price: {css: i}}\n"
BLOCKED = "<title>Just a moment...</title><h1>Checking your browser</h1><script>window._cf_chl_opt={}</script>"


def test_required_fields_that_items_lack_are_counted(read: Read) -> None:
    reading = read(LISTING, "<li><b>1</b><li><i>2</i><li>")

    assert (len(reading.items), reading.missing, reading.verdict) == (3, {"name": 2}, "ok")


def test_a_page_without_items_is_empty_only_where_that_is_no_failure(read: Read) -> None:
    assert read(LISTING, "<p>").verdict == "ok"
    assert read(f"{LISTING}empty: ok", "<p>").verdict == "empty"


def test_a_block_page_gives_nothing(read: Read) -> None:
    reading = read("fields: {title: {css: title}, price: {css: .price}}", BLOCKED)

    assert (reading.verdict, reading.items) == ("blocked", [])
    assert reading.marker


def test_a_page_that_gave_a_whole_item_is_never_a_block_page(read: Read) -> None:
    assert read(LISTING, f"<li><b>1</b></li>{BLOCKED}").verdict == "ok"


def test_the_sources_own_markers(read: Read) -> None:
    rules = f"{LISTING}markers: {{blocked: [{{css: '#wall'}}], login: ['members only']}}"

    assert read(rules, "<div id=wall>").verdict == "blocked"
    assert read(rules, "<p>Members ONLY").verdict == "login_required"
    assert read(rules, "<li><b>members only</b>").verdict == "ok"


def test_a_table_for_each_page_type(read: Read) -> None:
    rules = """
pages:
  listing: {items: {css: li}, fields: {name: {css: b}}, follow: {to: review, url: {css: a}}}
  review: {table: shop.reviews, fields: {text: {css: p}}}
"""
    assert read(rules, "<li><b>1</b>", page_type="listing").table == "shop.products"
    assert read(rules, "<p>x", page_type="review").table == "shop.reviews"


def test_an_unknown_page_type_says_which_there_are(read: Read) -> None:
    with pytest.raises(ValueError, match="no page type `detail`"):
        read(LISTING, "<p>", page_type="detail")


def test_a_hook_changes_drops_and_fails_items_one_by_one(make_scraper: MakeScraper, page_of: PageOf) -> None:
    code = """
def clean(item):
    if item["price"] == "0":
        return None
    return {**item, "price": str(int(item["price"]) * 2)}
"""
    scraper = make_scraper(f"{LISTING}hooks: {{item: own.clean}}", own=code)

    reading = scraper.read(page_of("<li><b>1</b><i>2</i><li><b>2</b><i>0</i><li><b>3</b><i>x</i>"))

    assert [item["price"] for item in reading.items] == ["4", "x"]
    assert reading.filtered == 1
    [(number, [problem])] = reading.problems.items()
    assert (number, problem.rule, problem.message[:21]) == (1, "hook", "own.py:5: ValueError:")


def test_a_page_whose_items_were_all_filtered_is_not_empty(make_scraper: MakeScraper, page_of: PageOf) -> None:
    reading = make_scraper(f"{LISTING}hooks: {{item: own.f}}", own="def f(item): return None").read(
        page_of("<li><b>1</b>")
    )

    assert (reading.items, reading.filtered, reading.verdict) == ([], 1, "ok")


def test_the_sources_hook_sees_items_when_they_are_complete(make_scraper: MakeScraper, page_of: PageOf) -> None:
    rules = """
hooks: {item: own.mark}
pages:
  listing: {items: {css: li}, fields: {name: {css: b}}, follow: {to: detail, url: {css: a}, carry: item}}
  detail: {fields: {text: {css: p}}}
"""
    scraper = make_scraper(rules, own="def mark(item): return {**item, 'text': 'seen'}")

    (request,) = scraper.read(page_of("<li><b>1</b><a href=/1>", page_type="listing")).follow_ups
    assert request.item == {"name": "1"}
    assert scraper.read(page_of("<p>x", page_type="detail", item=request.item)).items == [{"name": "1", "text": "seen"}]


def test_a_subclass_beside_the_file_overrides_parse(make_scraper: MakeScraper, page_of: PageOf) -> None:
    code = """
from scrapers.extraction.scraper import Scraper

class Shop(Scraper):
    def parse(self, page):
        for item in super().parse(page):
            if item["name"] != "skip":
                item["name"] = item["name"].upper()
                yield item
        yield {"name": self.document(page).tree.root.css_first("h1").text(), "price": None}
"""
    rules = f"""
pages:
  listing:
    {LISTING.strip().replace(chr(10), chr(10) + "    ")}
    follow: {{to: detail, url: {{css: a}}}}
  detail: {{table: shop.other, fields: {{x: {{css: p}}}}}}
"""
    scraper = make_scraper(rules, shop=code)

    reading = scraper.read(
        page_of("<h1>head</h1><li><b>a</b><a href=/a></a><li><b>skip</b><li><b>b</b>", page_type="listing")
    )

    assert [item["name"] for item in reading.items] == ["A", "B", "head"]
    assert reading.follow_ups[0].url == "https://shop.example/a"


@pytest.mark.parametrize(
    ("body", "links"),
    [
        ("for item in super().parse(page):\n            yield {**item, 'name': item['name'] * 2}", ["/a", "/b"]),
        (
            "for item in super().parse(page):\n            if item['name'] == 'b':\n                yield dict(item)",
            ["/b"],
        ),
        ("for item in list(super().parse(page)):\n            yield item", ["/a", "/b"]),
        ("items = list(super().parse(page))\n        yield from (dict(item) for item in reversed(items))", []),
    ],
)
def test_items_that_code_copies_still_lead_where_theirs_led(
    make_scraper: MakeScraper, page_of: PageOf, body: str, links: list[str]
) -> None:
    code = f"""
from scrapers.extraction.scraper import Scraper
class Shop(Scraper):
    def parse(self, page):
        {body}
"""
    rules = """
pages:
  listing: {items: {css: li}, fields: {name: {css: b}}, follow: {to: detail, url: {css: a}}}
  detail: {table: shop.other, fields: {x: {css: p}}}
"""
    html = "<a href=/nav></a><li><b>a</b><a href=/a></a><li><b>b</b><a href=/b></a>"

    reading = make_scraper(rules, shop=code).read(page_of(html, page_type="listing"))

    assert [request.url.removeprefix("https://shop.example") for request in reading.follow_ups] == links


def test_a_problem_stays_with_a_copied_item_until_code_mends_the_value(
    make_scraper: MakeScraper, page_of: PageOf
) -> None:
    code = """
from scrapers.extraction.scraper import Scraper
class Shop(Scraper):
    def parse(self, page):
        for item in super().parse(page):
            yield {**item, "n": 7 if item["n"] == "seven" else item["n"]}
"""
    rules = "items: {css: li}\nfields: {n: {css: b, convert: number, type: numeric}}"

    reading = make_scraper(rules, shop=code).read(page_of("<li><b>seven</b><li><b>many</b>"))

    assert (reading.items[0], list(reading.problems)) == ({"n": 7}, [1])


def test_parse_may_be_called_by_itself(make_scraper: MakeScraper, page_of: PageOf) -> None:
    assert list(make_scraper(LISTING).parse(page_of("<li><b>a</b>"))) == [{"name": "a", "price": None}]


def test_what_a_parse_raises_is_raised(make_scraper: MakeScraper, page_of: PageOf) -> None:
    code = """
from scrapers.extraction.scraper import Scraper
class S(Scraper):
    def parse(self, page):
        yield 1 / 0
"""

    with pytest.raises(ZeroDivisionError):
        make_scraper(LISTING, shop=code).read(page_of("<p>"))


def test_fields_that_are_read_but_never_written(read: Read) -> None:
    rules = """
items: {css: li}
fields:
  name: {css: b}
  mail: {css: i, personal: drop}
  all: {css: u, fields: {a: {css: a, personal: drop}, b: {css: b}}}
"""

    assert read(rules, "<li><b>1</b><i>x@y.example</i><u><a>1</a><b>2</b></u>").items == [
        {"name": "1", "all": {"b": "2"}}
    ]


def test_one_reader_for_many_sources(make_scraper: MakeScraper, page_of: PageOf) -> None:
    loaded = make_scraper(LISTING).loaded

    assert len(reader({"shop": loaded})(page_of("<li><b>a</b>")).items) == 1


def test_explain_names_the_selector_that_gave_each_value(make_scraper: MakeScraper, page_of: PageOf) -> None:
    rules = """
fields:
  name: {any: [{css: h1}, {css: h2}]}
  tags: {css: li, list: true}
  none: {css: h9}
  maker: {css: p, fields: {town: {css: i}}}
"""
    scraper = make_scraper(rules)

    assert scraper.explain(page_of("<h2>x</h2><ul><li>1<li>2</ul><p><i>Bath</i>", item={"sku": "A"})) == [
        (0, "sku", "carried", "A"),
        (0, "name", "css: h2", "x"),
        (0, "tags", "css: li (2 matches)", ["1", "2"]),
        (0, "none", "", None),
        (0, "maker", "css: p", {"town": "Bath"}),
        (0, "maker.town", "css: i", "Bath"),
    ]


def test_a_converter_of_the_source_that_raises_refuses_one_item(make_scraper: MakeScraper, page_of: PageOf) -> None:
    code = "def number(value):\n    return int(value)"
    scraper = make_scraper("items: {css: li}\nfields: {n: {css: b, type: integer, convert: own.number}}", own=code)

    reading = scraper.read(page_of("<li><b>1</b><li><b>x</b>"))

    [(number, [problem])] = reading.problems.items()
    assert (number, problem.field, problem.message[:21]) == (1, "n", "own.py:2: ValueError:")


def test_an_element_that_the_source_calls_a_marker_counts_even_beside_items(
    make_scraper: MakeScraper, page_of: PageOf
) -> None:
    scraper = make_scraper(f"{LISTING}markers: {{blocked: [{{css: '#wall'}}]}}")

    walled = scraper.read(page_of("<p id=wall>Too many lamps</p><li><b>1</b><i>2</i>"))

    assert (walled.verdict, walled.marker, walled.items) == ("blocked", "css: #wall", [])
    assert scraper.read(page_of("<li><b>1</b><i>2</i>")).verdict == "ok"


FIXED = "id: {const: 1, type: integer}, of: {from: url}, at: {css: time, default: today}"


def test_an_item_of_which_no_field_was_found_is_refused(read: Read) -> None:
    reading = read(f"items: {{css: li}}\nfields: {{b: {{css: b}}, {FIXED}}}", "<li><b>1</b><li><i>2</i>")

    assert [(number, one.rule) for number, all_ in reading.problems.items() for one in all_] == [(1, "item")]


def test_a_page_of_which_no_field_was_found_is_no_item(read: Read) -> None:
    assert read(f"fields: {{b: {{css: b}}, {FIXED}}}", "<p>").items == []
    assert read("fields: {of: {from: url}, id: {const: 1, type: integer}}", "<p>").items != []


def test_what_a_hook_fills_was_found(make_scraper: MakeScraper, page_of: PageOf) -> None:
    code = "def fill(item):\n    return {**item, 'b': 'x'}"
    scraper = make_scraper("items: {css: li}\nfields: {b: {css: b}}\nhooks: {item: own.fill}", own=code)

    assert scraper.read(page_of("<li>1")).problems == {}


@pytest.mark.parametrize(
    ("rule", "tells"),
    [
        ("{css: i, const: yes}", True),
        ("{re: '[0-9]', const: yes}", True),
        ("{any: [{css: i}, {const: no}]}", False),
        ("{any: [{css: i}, {template: '${item.of}'}]}", False),
        ("{fields: {town: {const: Berlin}}}", False),
        ("{fields: {town: {const: Berlin}, name: {css: i}}}", True),
    ],
)
def test_fields_that_always_have_a_value_say_nothing_of_the_page(read: Read, rule: str, tells: bool) -> None:
    rules = f"items: {{css: li}}\nfields: {{of: {{from: url}}, b: {{css: b}}, x: {rule}}}"

    assert (read(rules, "<li><i>1</i>").problems == {}) is tells


def test_a_block_page_with_a_title_is_no_row_of_titles(read: Read) -> None:
    rules = "fields: {address: {from: url, required: true}, title: {css: title}}"
    blocked = "<html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"

    assert read(rules, blocked).verdict == "blocked"
    assert read(rules, "<title>Lamps</title><p>Here they are").verdict == "ok"
