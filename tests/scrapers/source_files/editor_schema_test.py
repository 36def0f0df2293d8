"""The JSON Schema says of a file's shape what loading says of it."""

import json

import jsonschema
import pytest

from scrapers.source_files.editor_schema import defaults_schema, editor_schema
from scrapers.source_files.load import SourceFileErrors, load_sources
from scrapers.source_files.yaml_lines import parse_yaml

GOOD = [
    "source: shop\ntable: a.b\nfields: {t: {css: h1}}\n",
    "source: shop\ntable: a.b\nkey: t\nfields: {t: {css: h1}}\nstatus: {404: drop, 5xx: retry}\n",
    "source: shop\ntable: a.b\nkey: [t]\nfields: {t: {css: h1}}\n"
    "seeds: {urls: 'https://x.test/', sitemap: 'https://x.test/s.xml'}\n",
    "source: shop\ntable: a.b\nfields: {t: {css: h1}}\nretention: {rows_days: 30}\n",
    """\
source: shop
table: a.b
politeness: {delay_secs: 0.5, robots: {ignore: true, because: contract}}
schedule: {cron: "0 2 * * SUN"}
pages:
  a: {fields: {t: {any: [{css: h1}, {jsonld: Product, jmes: name}], map: {"1": 2}}}, follow: [{to: b, url: {css: a}}]}
  b: {items: {jmes: rows}, request: {json: {n: [1, null]}}, fields: {o: {jmes: x, list: true, fields: {p: {jmes: y}}}}}
""",
    """\
source: shop
table: a.b
fetch:
  mode: browser
  xhr: /api/*
  viewport: [1280, 800]
  steps: [scroll, {scroll: {max_rounds: 3}}, {click: a}, {click: {css: a}, optional: true}, {wait: 2}, {wait: .x},
    {wait: {gone: .y}}, {press: Enter}, {load_more: .more}, {fill: {css: a, value: b}}]
fields: {t: {from: xhr, xhr: "*/api", jmes: a}}
session: {login: {url: "https://x.test/", steps: [{press: Enter}]}, check: {css: a}}
""",
]
BAD = [
    "table: a.b\nfields: {t: {css: h1}}\n",
    "source: my shop\n",
    "source: shop\nfilds: {}\n",
    "source: shop\nfields: {t: h1}\n",
    "source: shop\nfields: {t: {css: h1, required: yes}}\n",
    "source: shop\nfields: {t: {css: h1, type: decimal}}\n",
    "source: shop\nfields: {t: {css: }}\n",
    "source: shop\nstatus: {40: drop}\n",
    "source: shop\nstatus: {404: skip}\n",
    "source: shop\npoliteness: {delay_secs: -1}\n",
    "source: shop\nfetch: {timeout_secs: 0}\n",
    "source: shop\nfetch: {retries: 1.5}\n",
    "source: shop\nseeds: {urls: 5}\n",
    "source: shop\nretention: {rows_days: 0}\n",
    "source: shop\nretention: {days: 30}\n",
    "source: shop\nfollow: detail\n",
    "source: shop\npages: {a: {fields: {t: {list_: true}}}}\n",
    "source: shop\nfetch: {mode: browser, steps: [scrol]}\n",
    "source: shop\nfetch: {mode: browser, steps: [{clik: a}]}\n",
    "source: shop\nfetch: {mode: browser, steps: [{click: 5}]}\n",
    "source: shop\nfetch: {mode: browser, steps: [{wait: true}]}\n",
    "source: shop\nfetch: {mode: browser, viewport: [1280]}\n",
]


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft7Validator:
    jsonschema.Draft7Validator.check_schema(editor_schema())
    return jsonschema.Draft7Validator(json.loads(json.dumps(editor_schema())))


@pytest.mark.parametrize("text", GOOD)
def test_good_files_are_good_to_both(validator, write, text):
    assert list(validator.iter_errors(parse_yaml(text, "shop.yaml").data)) == []
    assert list(load_sources(write(shop_yaml=text))) == ["shop"]


@pytest.mark.parametrize("text", BAD)
def test_bad_shapes_are_bad_to_both(validator, write, text):
    assert list(validator.iter_errors(parse_yaml(text, "shop.yaml").data)) != []
    if "source:" in text:
        with pytest.raises(SourceFileErrors):
            load_sources(write(shop_yaml=text))


def test_keys_are_the_file_s_and_described():
    schema = editor_schema()

    field = schema["definitions"]["FieldRule"]["properties"]
    assert {"from", "list", "any", "map"} <= field.keys()
    assert not {"from_", "list_", "any_", "map_"} & field.keys()
    assert schema["title"] == "Scrapeline source"
    assert "::attr(name)" in field["css"]["description"]
    assert schema["$schema"].startswith("http://json-schema.org/draft-07")


def test_defaults_have_a_schema_of_their_own():
    validator = jsonschema.Draft7Validator(defaults_schema())

    assert validator.is_valid({"contact": "mailto:a@x.test", "politeness": {"delay_secs": 2}})
    assert validator.is_valid({"retention": {"rows_days": 30, "dead_letters_days": 10, "executions_days": 1000}})
    assert not validator.is_valid({"fields": {}})
