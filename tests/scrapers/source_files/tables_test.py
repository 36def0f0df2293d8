"""Tables: the union of the fields of the page types whose items go there."""

from scrapers.source_files.tables import tables_of

CARRIED = """\
source: shop
table: shop.products
description: Products.
key: sku
pages:
  listing:
    fields:
      sku: {css: b, required: true}
      seller: {css: i, personal: drop}
      buyer: {css: u, personal: hash, type: integer}
    follow: [{to: detail, url: {css: a}, carry: item}, {to: review, url: {css: a}}]
  detail:
    fields:
      price: {css: i, type: numeric, min: 0, max: 9}
      offers: {css: li, list: true, fields: {shop: {css: b, required: true}, tags: {css: u, list: true}}}
    follow: {to: stock, url: "https://x.test/${item.sku}", carry: item}
  stock:
    fields: {stock: {jmes: n, type: integer}}
  review:
    table: shop.reviews
    key: [stars]
    fields: {stars: {css: b, enum: [one, two]}}
"""


def test_carried_items_are_one_table_and_other_page_types_may_have_their_own(load):
    tables = load(CARRIED).tables

    assert list(tables) == ["shop.products", "shop.reviews"]
    assert [column.name for column in tables["shop.products"].columns] == ["sku", "buyer", "price", "offers", "stock"]
    assert (tables["shop.products"].key, tables["shop.products"].description) == (("sku",), "Products.")
    assert (tables["shop.reviews"].key, tables["shop.reviews"].description) == (("stars",), "")


def test_columns_have_types_rules_and_inner_columns(load):
    columns = {column.name: column for column in load(CARRIED).tables["shop.products"].columns}

    assert columns["sku"].required
    assert columns["buyer"].type == "string"  # a hash
    assert (columns["price"].type, columns["price"].min, columns["price"].max) == ("numeric", 0, 9)
    assert (columns["offers"].type, columns["offers"].repeated) == ("record", True)
    inner = [(one.name, one.type, one.required, one.repeated) for one in columns["offers"].columns]
    assert inner == [("shop", "string", True, False), ("tags", "string", False, True)]


def test_a_page_type_that_only_passes_items_on_belongs_to_their_table(load):
    text = """\
source: shop
pages:
  listing: {fields: {sku: {css: b}}, follow: {to: middle, url: {css: a}, carry: item}}
  middle: {follow: {to: detail, url: {css: a}, carry: item}}
  detail: {table: shop.products, fields: {price: {css: i}}}
"""
    loaded = load(text)

    assert [page.table for page in loaded.source.page_types().values()] == ["shop.products"] * 3
    assert [column.name for column in loaded.tables["shop.products"].columns] == ["sku", "price"]


def test_a_page_type_without_fields_has_no_table(load):
    text = """\
source: shop
table: shop.products
pages:
  index: {follow: {to: detail, url: {css: a}}}
  detail: {fields: {price: {css: i}}}
"""
    assert [page.table for page in load(text).source.page_types().values()] == [None, "shop.products"]


def test_types_left_open_are_those_of_the_conversion_or_the_constant(load):
    text = """\
source: shop
table: a.b
fields:
  a: {css: b, convert: price}
  b: {css: b, convert: {datetime: {zone: UTC}}}
  c: {css: b, convert: [text, date]}
  d: {const: 5}
  e: {const: yes}
  f: {css: b, convert: price, type: string}
  g: {css: b, convert: url}
  h: {const: true}
"""
    columns = load(text).tables["a.b"].columns

    assert [column.type for column in columns] == [
        "numeric", "timestamp", "date", "integer", "string", "string", "string", "boolean",
    ]  # fmt: skip


def test_the_version_changes_with_the_columns_and_with_nothing_else(load):
    def version(fields: str, more: str = "") -> str:
        return load(f"source: shop\ntable: a.b\nfields: {{{fields}}}\n{more}").tables["a.b"].version

    first = version("a: {css: b}")
    assert first == version("a: {css: i}", "description: other\n")
    assert first != version("a: {css: b, type: integer}")
    assert first != version("a: {css: b}, c: {css: b}")


def test_an_unnamed_page_type_has_the_source_s_table(load):
    loaded = load("source: shop\ntable: a.b\nkey: a\nfields: {a: {css: b}}\n")

    assert list(tables_of(loaded.source)) == ["a.b"]
    assert loaded.source.page_types()[""].key == ["a"]


def test_what_may_fail_without_harm_to_the_item_is_not_required_of_the_row(load):
    text = """\
source: shop
table: shop.products
pages:
  listing: {fields: {sku: {css: b, required: true}}, follow: {to: detail, url: {css: a}, carry: item}}
  detail: {if_failed: emit, fields: {text: {css: p, required: true}}, follow: {to: price, url: {css: a}, carry: item}}
  price: {fields: {price: {jmes: n, required: true}}}
"""
    columns = load(text).tables["shop.products"].columns

    assert [(column.name, column.required) for column in columns] == [("sku", True), ("text", False), ("price", False)]
    kept = load(text.replace("if_failed: emit, ", "")).tables["shop.products"].columns
    assert [column.required for column in kept] == [True, True, True]


def test_a_conversion_names_the_type_of_its_column(load):
    text = """\
source: shop
table: shop.products
fields:
  seen: {const: "2026-05-01", convert: date}
  opens: {css: b, convert: time}
  takes: {css: i, convert: {duration: {unit: minutes}}}
  fixed: {const: 5}
"""
    columns = load(text).tables["shop.products"].columns

    assert [column.type for column in columns] == ["date", "time", "numeric", "integer"]
