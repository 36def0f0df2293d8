"""Defaults and `extends`: mappings merge, lists are replaced, and every value knows where it is from."""

import pytest

from scrapers.source_files.load import SourceFileErrors, load_sources

BASE = """\
table: shop.products
status: {404: drop}
seeds: {urls: ["https://x.test/a", "https://x.test/b"]}
items: {css: li}
fields:
  sku: {css: b, re: "[0-9]+", required: true}
  title: {css: h1}
request: {headers: {Accept: text/html, X-Base: "1"}, json: {a: 1}}
"""


def only(folder):
    return load_sources(folder)["shop"]


def test_a_file_is_merged_over_the_one_it_extends(write):
    folder = write(
        {
            "_base.yaml": BASE,
            "shop.yaml": "source: shop\nextends: _base.yaml\nseeds: {urls: ['https://y.test/']}\nstatus: {410: dead}\n"
            "fields: {price: {css: i}}\n",
        }
    )

    source = only(folder).source

    assert source.seeds.urls == ["https://y.test/"]
    assert source.status == {"404": "drop", "410": "dead"}
    assert list(source.fields) == ["sku", "title", "price"]


def test_a_selector_replaces_the_inherited_one_and_keeps_the_rules_of_the_field(write):
    folder = write(
        {
            "_base.yaml": BASE,
            "shop.yaml": "source: shop\nextends: _base.yaml\nitems: {xpath: //li}\nfields: {sku: {jmes: id}}\n"
            "request: {headers: {Accept: x/y}, form: {b: 2}}\n",
        }
    )

    source = only(folder).source

    assert (source.items.css, source.items.xpath) == (None, "//li")
    sku = source.fields["sku"]
    assert (sku.css, sku.re, sku.jmes, sku.required) == (None, None, "id", True)
    assert (source.request.json_, source.request.form) == (None, {"b": 2})
    assert source.request.headers == {"Accept": "x/y", "X-Base": "1"}


def test_null_takes_an_inherited_key_away(write):
    folder = write(
        {"_base.yaml": BASE, "shop.yaml": "source: shop\nextends: _base.yaml\nrequest: \nfields: {title: }\n"}
    )

    source = only(folder).source

    assert source.request is None
    assert list(source.fields) == ["sku"]


def test_defaults_of_the_folder_count_least(write):
    folder = write(
        {
            "scrapeline.yaml": "contact: mailto:a@x.test\npoliteness: {delay_secs: 3, concurrency: 2}\n"
            "fetch: {timeout_secs: 9}\n",
            "_base.yaml": "politeness: {delay_secs: 2}\n" + BASE,
            "shop.yaml": "source: shop\nextends: _base.yaml\nfetch: {retries: 1}\n",
        }
    )

    loaded = only(folder)

    assert loaded.source.contact == "mailto:a@x.test"
    assert (loaded.source.politeness.delay_secs, loaded.source.politeness.concurrency) == (2, 2)
    assert (loaded.source.fetch.timeout_secs, loaded.source.fetch.retries) == (9, 1)
    assert loaded.origins["politeness.delay_secs"] == "_base.yaml:1"
    assert loaded.origins["politeness.concurrency"] == "scrapeline.yaml:2"
    assert loaded.origins["fetch.retries"] == "shop.yaml:3"
    assert loaded.origins["fields.sku.css"] == "_base.yaml:7"
    assert loaded.origins["seeds.urls[1]"] == "_base.yaml:4"


def test_fetch_and_request_of_a_page_type_are_merged_over_the_source_s(write):
    text = """\
source: shop
table: a.b
fetch: {timeout_secs: 9, retries: 1}
request: {headers: {X-Key: a}, query: {lang: en}}
pages:
  listing:
    fields: {t: {css: b}}
    fetch: {retries: 5}
    request: {headers: {Accept: b}}
    follow: {to: detail, url: {css: a}}
  detail: {fields: {u: {css: b}}}
"""
    pages = only(write(shop_yaml=text)).source.page_types()

    assert (pages["listing"].fetch.timeout_secs, pages["listing"].fetch.retries) == (9, 5)
    assert (pages["listing"].request.headers, pages["listing"].request.query) == (
        {"X-Key": "a", "Accept": "b"},
        {"lang": "en"},
    )
    assert pages["detail"].fetch.retries == 1


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"shop.yaml": "source: shop\nextends: bse.yaml\n", "base.yaml": "x: 1\n"}, "did you mean `base.yaml`?"),
        ({"shop.yaml": "source: shop\nextends: ../x.yaml\n"}, "`../x.yaml` leads out of the folder of sources"),
        ({"shop.yaml": "source: shop\nextends: [a, b]\n"}, '["a", "b"]: expected the name of one file'),
        (
            {
                "shop.yaml": "source: shop\nextends: _a.yaml\n",
                "_a.yaml": "extends: _b.yaml\n",
                "_b.yaml": "extends: _a.yaml\n",
            },
            "the files extend each other in a circle: shop.yaml -> _a.yaml -> _b.yaml -> _a.yaml",
        ),
        ({"shop.yaml": "source: shop\nextends: _a.yaml\n", "_a.yaml": "a: {b\n"}, "_a.yaml:1: not readable as YAML"),
    ],
)
def test_what_cannot_be_extended_is_a_mistake(write, files, told):
    with pytest.raises(SourceFileErrors) as errors:
        load_sources(write(files))

    assert told in str(errors.value)


def test_a_mistake_in_a_base_is_told_once_and_where_it_stands(write):
    folder = write(
        {
            "scrapeline.yaml": "politness: {delay_secs: 3}\n",
            "_base.yaml": BASE + "statsu: {}\n",
            "a.yaml": "source: a\nextends: _base.yaml\n",
            "b.yaml": "source: b\nextends: _base.yaml\n",
        }
    )

    with pytest.raises(SourceFileErrors) as errors:
        load_sources(folder)

    assert str(errors.value).splitlines() == [
        "_base.yaml:9: statsu: unknown key; did you mean `status`?",
        "scrapeline.yaml:1: politness: unknown key; did you mean `politeness`?",
    ]


def test_items_of_another_kind_leave_nothing_of_the_inherited_ones(write):
    base = "table: a.b\nitems: {jsonld: Product, where: {jmes: name}, merge: name}\nfields: {t: {const: x}}\n"
    folder = write({"_base.yaml": base, "shop.yaml": "source: shop\nextends: _base.yaml\nitems: {css: li}\n"})

    assert only(folder).source.items.model_dump(exclude_unset=True) == {"css": "li"}
