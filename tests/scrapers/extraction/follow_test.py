"""Follow-ups: of items and pages, with and without the item."""

from collections.abc import Callable

from schemas.reading import Reading

Read = Callable[..., Reading]
CHAIN = """
pages:
  listing:
    items: {css: li}
    fields:
      sku: {css: "::attr(data-sku)", required: true}
      title: {css: b}
      price: {css: i, convert: number, type: numeric}
    follow: {to: detail, url: {css: "a::attr(href)"}, carry: item}
  detail:
    fields: {title: {css: h1}, text: {css: p}}
    follow: {to: stock, url: "https://api.example/stock/${item.sku}", carry: item}
  stock:
    fields: {stock: {jmes: stock, type: integer, required: true}}
    if_failed: emit
"""


def test_an_item_is_carried_and_not_emitted(read: Read) -> None:
    reading = read(CHAIN, "<li data-sku=A><b>Lamp</b><a href=/d/1>", page_type="listing")

    assert reading.items == []
    (request,) = reading.follow_ups
    assert (request.page_type, request.url, request.depth) == ("detail", "https://shop.example/d/1", 1)
    assert request.item == {"sku": "A", "title": "Lamp", "price": None}


def test_the_page_adds_its_fields_and_the_item_travels_on(read: Read) -> None:
    carried = {"sku": "A 1", "title": "Lamp", "price": 7}

    reading = read(CHAIN, "<p>Bright", page_type="detail", item=carried, depth=1)

    (request,) = reading.follow_ups
    assert (reading.items, request.url, request.depth) == ([], "https://api.example/stock/A%201", 2)
    assert request.item == {"sku": "A 1", "title": "Lamp", "price": 7, "text": "Bright"}


def test_what_a_page_does_not_have_leaves_the_carried_field_alone(read: Read) -> None:
    carried = {"sku": "A", "title": "Lamp"}

    (request,) = read(CHAIN, "<h1>Better</h1>", page_type="detail", item=carried).follow_ups
    assert request.item is not None
    assert request.item["title"] == "Better"
    (request,) = read(CHAIN, "<h1></h1>", page_type="detail", item=carried).follow_ups
    assert request.item is not None
    assert request.item["title"] == "Lamp"


def test_the_last_page_emits_the_whole_item_even_when_it_adds_nothing(read: Read) -> None:
    carried = {"sku": "A", "title": "Lamp"}

    assert read(CHAIN, '{"stock": 3}', "application/json", page_type="stock", item=carried).items == [
        {**carried, "stock": 3}
    ]
    nothing = read(CHAIN, "{}", "application/json", page_type="stock", item=carried)
    assert (nothing.items, nothing.missing) == ([{**carried, "stock": None}], {"stock": 1})


def test_an_item_without_a_link_is_emitted_as_it_is(read: Read) -> None:
    reading = read(CHAIN, "<li data-sku=A><a href=/1><li data-sku=B><a href='javascript:x()'>", page_type="listing")

    assert ([item["sku"] for item in reading.items], len(reading.follow_ups)) == (["B"], 1)
    assert reading.table == "shop.products"


def test_a_template_without_its_value_leads_nowhere(read: Read) -> None:
    reading = read(CHAIN, "<p>x", page_type="detail", item={"sku": None, "title": "Lamp"})

    assert (reading.follow_ups, reading.items[0]["text"]) == ([], "x")


def test_an_item_with_a_problem_stays_since_it_is_refused_in_any_case(read: Read) -> None:
    reading = read(CHAIN, "<li data-sku=A><i>ask</i><a href=/1>", page_type="listing")

    assert (reading.follow_ups, [problem.field for problem in reading.problems[0]]) == ([], ["price"])


def test_an_item_is_carried_once_by_the_first_entry_that_has_a_link(read: Read) -> None:
    rules = """
pages:
  listing:
    items: {css: li}
    fields: {sku: {css: b}}
    follow:
      - {to: one, url: {css: "a.one::attr(href)"}, carry: item}
      - {to: two, url: {css: "a.two::attr(href)"}, carry: item}
      - {to: review, url: {css: "a.review::attr(href)"}}
  one: {fields: {x: {css: p}}}
  two: {fields: {x: {css: p}}}
  review: {table: shop.reviews, fields: {y: {css: p}}}
"""
    links = "<a class=one href=/1><a class=two href=/2><a class=review href=/r1><a class=review href=/r2>"

    reading = read(rules, f"<li><b>A</b>{links}<li><b>B</b><a class=two href=/2>", page_type="listing")

    assert [(request.page_type, request.item) for request in reading.follow_ups] == [
        ("one", {"sku": "A"}), ("review", None), ("review", None), ("two", {"sku": "B"}),
    ]  # fmt: skip


def test_items_that_are_not_carried_are_emitted_and_lead_on(read: Read) -> None:
    rules = """
pages:
  listing: {items: {css: li}, fields: {sku: {css: b}}, follow: {to: review, url: {css: a}}}
  review: {table: shop.reviews, fields: {y: {css: p}}}
"""
    reading = read(rules, "<li><b>A</b><a href=/r>", page_type="listing")

    assert (reading.items, [request.item for request in reading.follow_ups]) == ([{"sku": "A"}], [None])


def test_items_without_fields_only_lead_on(read: Read) -> None:
    rules = """
pages:
  listing: {items: {css: li}, follow: {to: detail, url: {css: a}}}
  detail: {fields: {name: {css: h1}}}
"""
    reading = read(rules, "<li><a href=/1><li><a href=/1#x>", page_type="listing")

    assert (reading.items, [request.url for request in reading.follow_ups]) == ([], ["https://shop.example/1"])


LINKS = """
pages:
  hub: {follow: {to: detail, links: {within: {css: main}, allow: "/p/[0-9]+", deny: ["sort=", "print"]}}}
  detail: {fields: {name: {css: h1}}, follow: {links: {}, max_depth: 2}}
"""


def test_links_inside_an_element_that_are_allowed(read: Read) -> None:
    html = """<a href=/p/9>nav</a><main><a href=/p/1#a>1</a><a href=/p/1>1</a><a href=/about>a</a>
      <a href=/p/2?sort=x>2</a>
      <a href='mailto:/p/3'>m</a><a href=' //other.example/p/4 '>4</a><a>none</a></main>"""

    reading = read(LINKS, html, page_type="hub")

    assert [request.url for request in reading.follow_ups] == ["https://shop.example/p/1", "https://other.example/p/4"]
    assert {request.depth for request in reading.follow_ups} == {1}


def test_links_go_no_deeper_than_allowed(read: Read) -> None:
    assert len(read(LINKS, "<h1>x</h1><a href=/1>", page_type="detail", depth=1).follow_ups) == 1
    deep = read(LINKS, "<h1>x</h1><a href=/1>", page_type="detail", depth=2)
    assert (deep.follow_ups, deep.items, deep.notes) == ([], [{"name": "x"}], [])


def test_the_limit_of_the_whole_source_is_reported_and_a_carried_item_is_kept(read: Read) -> None:
    reading = read(f"limits: {{max_depth: 1}}\n{CHAIN}", "<p>x", page_type="detail", item={"sku": "A"}, depth=1)

    assert reading.notes == ["follow stopped at max_depth 1"]
    assert [item["sku"] for item in reading.items] == ["A"]
