import json


def script(*nodes: object) -> str:
    return "".join(f'<script type="application/ld+json">{json.dumps(node)}</script>' for node in nodes)


RULES = """
items:
  any: [{jsonld: Product}, {microdata: Product}, {css: article}]
  where: {jmes: name}
  merge: name
fields: {name: {jmes: name}, price: {jmes: price}}
"""
MICRODATA = "<p itemscope itemtype=http://schema.org/Product><b itemprop=name>Lamp</b><i itemprop=price>7</i></p>"


def test_the_first_kind_of_item_that_the_page_has_counts(read):
    both = script({"@type": "Product", "name": "Chair"}) + MICRODATA
    assert read(RULES, both).items == [{"name": "Chair", "price": None}]
    assert read(RULES, MICRODATA).items == [{"name": "Lamp", "price": "7"}]


def test_items_described_twice_are_one_completed_by_the_others(read):
    html = script(
        {"@type": "Product", "name": "Lamp", "price": ""},
        {"@type": "Product", "name": "Chair", "price": "5"},
        {"@type": "Product", "name": " Lamp", "price": "7"},
    )
    assert read(RULES, html).items == [{"name": "Lamp", "price": "7"}, {"name": "Chair", "price": "5"}]


def test_a_blank_text_is_not_what_where_asks_for(read):
    assert read(RULES, script({"@type": "Product", "name": " ", "price": "5"})).items == []


def test_false_is_not_what_where_asks_for_and_an_empty_element_is(read):
    html = "<ul><li class=a>1</li><li><hr>2</li><li>3</li></ul>"
    by_element = "items: {css: li, where: {css: hr}}\nfields: {n: {xpath: 'text()'}}\n"
    by_truth = "items: {css: li, where: {xpath: \"not(@class)\"}}\nfields: {n: {css: '::text'}}\n"
    assert read(by_element, html).items == [{"n": "2"}]
    assert [item["n"] for item in read(by_truth, html).items] == ["2", "3"]
