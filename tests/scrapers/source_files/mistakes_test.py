"""Plausible mistakes of a data engineer, and what she is told: line, path, what was expected, what was likely meant."""

# ruff: noqa: E501  one case a line reads best

import pytest

from scrapers.source_files.load import SourceFileErrors, load_sources
from scrapers.source_files.mistakes import dotted, nearest

GOOD = """\
source: shop
table: shop.products
key: [sku]
seeds:
  urls: "https://shop.example/c/${params.category}"
  params: {category: [lamps, chairs]}
politeness: {delay_secs: 1}
pages:
  listing:
    next: {css: "a[rel=next]::attr(href)"}
    items: {css: article.card}
    fields:
      sku: {css: "::attr(data-sku)", required: true}
      title: {css: h3}
    follow: {to: detail, url: {css: "h3 a::attr(href)"}, carry: item}
  detail:
    fields:
      description: {css: "#desc"}
      price: {css: .price, type: numeric, convert: price, min: 0}
checks: {coverage: {price: 0.9}}
"""
POLITE, TITLE, FOLLOW = "politeness: {delay_secs: 1}", "title: {css: h3}", GOOD.splitlines()[14].strip()
DESC, PARAMS, NEXT = 'description: {css: "#desc"}', "params: {category: [lamps, chairs]}", GOOD.splitlines()[9].strip()


def told(write, text: str, **files: str) -> list[str]:
    with pytest.raises(SourceFileErrors) as errors:
        load_sources(write({"shop.yaml": text, **{name.replace("_", "."): file for name, file in files.items()}}))
    return [str(mistake) for mistake in errors.value.mistakes]


def test_the_good_file_has_no_mistake(write):
    assert list(load_sources(write(shop_yaml=GOOD))) == ["shop"]


CASES = [
    # keys
    ("    fields:\n      sku", "    fileds:\n      sku", "12: pages.listing.fileds: unknown key; did you mean `fields`?"),
    ("pages:", "page:", "8: page: unknown key; did you mean `pages`?"),
    (POLITE, "delay_secs: 1", "7: delay_secs: unknown key; did you mean `politeness.delay_secs`?"),
    (POLITE, "politeness: {delay: 1}", "7: politeness.delay: unknown key; did you mean `delay_secs`?"),
    (POLITE, "download_delay: 1", "7: download_delay: unknown key; did you mean `politeness.delay_secs`?"),
    ("seeds:", "start_urls: [x]\nseeds:", "4: start_urls: unknown key; did you mean `seeds.urls`?"),
    (TITLE, "title: {selector: h3}", "14: pages.listing.fields.title.selector: unknown key; did you mean `css`?"),
    (DESC, 'description: {css: a, attr: href}', "18: pages.detail.fields.description.attr: unknown key: the attribute stands in the selector, `css: \"a::attr(href)\"`"),
    (TITLE, TITLE + "\n      " + TITLE, "15: pages.listing.fields.title: doubled key: it already stands in line 14"),
    (POLITE, "headers: {Accept: x}", "7: headers: unknown key: what is sent stands under `request`"),
    (POLITE, "items: {css: li}", "7: items: with `pages`, `items` belongs to a page type; did you mean `pages.listing.items`?"),
    # YAML
    (TITLE, "title: {css: #title}", "15: not readable as YAML: while parsing a flow mapping did not find expected ',' or '}' (begun in line 14); inside { } quote a value that holds any of , [ ] { } #"),
    (TITLE, "title: {css: h1, h2}", "14: pages.listing.fields.title.h2: is no key here, and has no value: quote the text before it if that has a comma"),
    (NEXT, "next:", "10: pages.listing.next: has no value: give it one, or take the key away"),
    (DESC, "description:\n        css: #desc", "19: pages.detail.fields.description.css: has no value: a text that begins with # must be quoted"),
    # values
    (TITLE, "title: h3", '14: pages.listing.fields.title: "h3": expected a mapping of keys to values, e.g. {css: "h3"}'),
    ("required: true", "required: yes", '13: pages.listing.fields.sku.required: "yes": expected true or false (yes, no, on and off are texts in YAML 1.2)'),
    ("type: numeric", "type: decimal", '19: pages.detail.fields.price.type: "decimal": expected one of string, integer, float, numeric, boolean, date, time, datetime, timestamp, bytes, json; did you mean `numeric`?'),
    ("carry: item", "carry: true", "15: pages.listing.follow.carry: true: expected one of item; did you mean `item`?"),
    ("delay_secs: 1", "delay_secs: -1", "7: politeness.delay_secs: -1: expected at least 0"),
    ("delay_secs: 1", 'delay_secs: "1"', '7: politeness.delay_secs: "1": expected a number'),
    (POLITE, "fetch: {retries: 2.5}", "7: fetch.retries: 2.5: expected a whole number"),
    (POLITE, "request: {headers: {X-Version: 2}}", "7: request.headers.X-Version: 2: expected a text; quote it"),
    (POLITE, "schedule: {timezone: UTC}", "7: schedule: `cron` is missing here"),
    (FOLLOW, "follow: detail", '15: pages.listing.follow: "detail": expected a mapping of keys to values, e.g. {to: detail, url: {css: a}}'),
    # selectors
    (TITLE, 'title: {css: "h3["}', "14: pages.listing.fields.title.css: `h3[` is not a CSS selector that can be read"),
    (TITLE, 'title: {css: "h3::html"}', "14: pages.listing.fields.title.css: `h3::html`: of ::pseudo-elements there are ::text and ::attr(name)"),
    (TITLE, 'title: {xpath: "//h3["}', "14: pages.listing.fields.title.xpath: `//h3[` is not XPath 1.0: Invalid expression"),
    (TITLE, 'title: {css: h3, re: "([0-9"}', "14: pages.listing.fields.title.re: `([0-9` is not a regular expression: unterminated character set at position 1"),
    ("{css: article.card}", "{css: a, xpath: //x}", "11: pages.listing.items: has css and xpath: expected exactly one of css, xpath, jmes, jsonld, microdata, table"),
    (NEXT, "next: {cursor: {jmes: next}}", "10: pages.listing.next: `param` is missing: the parameter (or key of the JSON body) that takes the cursor"),
    (DESC, "description: {column: Name}", "18: pages.detail.fields.description: `column` needs items that are table rows: `items: {table: {css: ...}}`"),
    (DESC, "description: {type: string}", "18: pages.detail.fields.description: says nothing of where its value is: expected css, xpath, jmes, jsonld, column, const or another"),
    # pages
    ("to: detail", "to: details", "15: pages.listing.follow.to: there is no page type `details`; there is listing, detail; did you mean `detail`?"),
    ("carry: item", "carry: item, max_depth: 0", "15: pages.listing.follow.max_depth: 0: expected at least 1"),
    (FOLLOW, FOLLOW.replace('{css: "h3 a::attr(href)"}', '"h3 a"'), "15: pages.listing.follow.url: `h3 a` is a template without placeholders; did you mean `{css: 'h3 a'}`?"),
    # tables
    ("key: [sku]", "key: [skuu]", "3: key: `skuu` is no field of shop.products; did you mean `sku`?"),
    ("key: [sku]", "key: id", "3: key: `id` is no field of shop.products; its fields are sku, title, description, price"),
    ("{price: 0.9}", "{prce: 0.9}", "20: checks.coverage.prce: `prce` is no field of this source; did you mean `price`?"),
    ("{price: 0.9}", "{price: 90}", "20: checks.coverage.price: 90: expected a share from 0 to 1"),
    ("table: shop.products", "table: products", '2: table: "products": expected dataset.table in letters, digits and _, e.g. shop.products'),
    (TITLE, '"product title": {css: h3}', "14: pages.listing.fields.product title: expected a name of letters, digits and _ that begins with a letter; did you mean `product_title`?"),
    (TITLE, "Sku: {css: h3}", "14: pages.listing.fields.Sku: BigQuery does not tell `Sku` from `sku`: one name is needed"),
    (DESC, "title: {css: h1, list: true}", "18: pages.detail.fields.title: is a list of string here and string in page type `listing`: one column has one type"),
    ("min: 0", "min: zero", '19: pages.detail.fields.price.min: "zero": expected a number for a numeric'),
    ("min: 0", 'pattern: "[0-9]+"', "19: pages.detail.fields.price.pattern: a pattern is for texts, and this is a numeric"),
    ("min: 0", "default: none", '19: pages.detail.fields.price.default: "none": expected a number for a numeric'),
    (DESC, "description: {css: a, default: 0}", "18: pages.detail.fields.description.default: 0: expected a text (quote it) for a string"),
    (DESC, "description: {from: headers, jmes: '\"X-Total\"'}", "18: pages.detail.fields.description.jmes: headers are named in lower case, `_` for `-`; did you mean `x_total`?"),
    (PARAMS, "params: {category: 1..}", "6: seeds.params.category: \"1..\": `1..` is half a range: write both ends, such as `1..50`"),
    ("min: 0", "min: 5, max: 3", "19: pages.detail.fields.price.min: 5 is more than `max`, 3"),
    # templates and seeds
    ("${params.category}", "${category}", "5: seeds.urls: ${category}: unknown; known here: params, secret; did you mean `${params.category}`?"),
    ("${params.category}", "${params.categry}", "5: seeds.urls: ${params.categry}: seeds.params has no `categry`; did you mean `${params.category}`?"),
    ("${params.category}", "{category}", "6: seeds.params.category: is used nowhere: expected `${params.category}` in `seeds.urls` or in the request"),
    ("${params.category}", "${params.category", "5: seeds.urls: a `${` is not closed in 'https://shop.example/c/${params.category'; a literal one is written `$${`"),
    ('"https://shop', '"shop', '5: seeds.urls: "shop.example/c/${params.category}": expected a URL with http:// or https://; did you mean `https://shop.example/c/${params.category}`?'),
    (PARAMS, 'params: {category: {dates: "7 days ago..today"}}', '6: seeds.params.category: {"dates": "7 days ago..today"}: `7 days ago` is no date: expected 2026-01-31, today, yesterday or `-7 days`'),
    (DESC, 'description: {template: "${item.price}"}', "18: pages.detail.fields.description.template: ${item.price}: the item has no `price`; there is sku, title; a field must stand above the template that uses it"),
    (DESC, 'description: {template: "${secret.key}"}', "18: pages.detail.fields.description.template: ${secret.key}: a secret cannot stand here"),
    ("min: 0}", 'min: 0}\n    request: {json: {a: "${item.skku}"}}', "20: pages.detail.request.json.a: ${item.skku}: the item has no `skku`; did you mean `${item.sku}`?"),
    ("min: 0}", "min: 0}\n    request: {json: {a: 1}, body: x}", "20: pages.detail.request: has json and body: a request sends one of json, form and body"),
    # rules
    (POLITE, "politeness: {robots: {ignore: true}}", "7: politeness.robots: `ignore: true` needs its reason: expected `because: ...`"),
    (POLITE, "status: {40: drop}", "7: status.40: `40`: expected a status such as 404, or a class such as 4xx"),
    (POLITE, "schedule: {cron: '0 25 * * *'}", '7: schedule.cron: "0 25 * * *": expected five fields (minute hour day month weekday), e.g. `0 2 * * SUN`'),
    (POLITE, "schedule: {cron: '0 2 * * *', timezone: Europe/Berln}", '7: schedule.timezone: "Europe/Berln" is no time zone: expected a name such as America/New_York; did you mean `Europe/Berlin`?'),
    (POLITE, "resolve: ['shop.example:127.0.0.1']", '7: resolve[0]: "shop.example:127.0.0.1": expected HOST:PORT:ADDRESS, e.g. shop.example:80:127.0.0.1:8080'),
    (POLITE, "allow_hosts: ['https://shop.example']", '7: allow_hosts[0]: "https://shop.example": expected a host, `shop.example` or `*.shop.example`'),
    ("convert: price", "convert: {price: {locle: de}}", "19: pages.detail.fields.price.convert: `price` has no option `locle`; it has decimal, locale"),
    ("convert: price", "convert: tidy", "19: pages.detail.fields.price.convert: unknown converter `tidy`; there are "),
    ("convert: price", "any: [{css: b, convert: tidy}]", "19: pages.detail.fields.price.any[0].convert: unknown converter `tidy`; there are "),
    (DESC, "description: {any: [{template: '${item.nme}'}]}", "18: pages.detail.fields.description.any[0].template: ${item.nme}: the item has no `nme`"),
    (POLITE, "hooks: {item: fix}", "7: hooks.item: `fix`: expected module.function, a Python file beside this one and a function in it"),
    # sessions
    (POLITE, "session: {}", "7: session: expected `storage_state`, `login`, or both"),
    ('"https://shop', '"https://me:pw@shop', '5: seeds.urls: a password in a URL would stand in rows, letters and archive: send `request: {headers: {Authorization: "Basic ${secret.NAME}"}}` instead'),
    (POLITE, "session: {login: {url: shop.test}}", '7: session.login.url: "shop.test": expected a URL with http or https'),
    (
        POLITE,
        "session: {storage_state: state.json}",
        '7: session.storage_state: "state.json": expected ${secret.NAME}, or the absolute path of a file that is not in '
        "the folder of the sources",
    ),
    (
        POLITE,
        """session: {storage_state: '{"cookies": []}'}""",
        "7: session.storage_state: cookies stand in the source file itself: expected ${secret.NAME}, or the absolute "
        "path of a file that is not in the folder of the sources",
    ),
    (
        POLITE,
        'session: {storage_state: "${params.state}"}',
        "7: session.storage_state: ${params.state}: unknown; known here: secret",
    ),
    (
        POLITE,
        'session: {storage_state: "${secret.s}", check: {}}',
        "7: session.check: expected `css`, `gone`, or both",
    ),
    (
        POLITE,
        'session: {storage_state: "${secret.s}", check: {gone: "a["}}',
        "7: session.check.gone: `a[` is not a CSS selector that can be read",
    ),
    (
        POLITE,
        'session: {login: {url: "https://x.test/", steps: [{fill: {css: a, value: "${item.sku}"}}]}}',
        "7: session.login.steps[0].fill.value: ${item.sku}: there is no item here",
    ),
    # the browser
    (POLITE, "fetch: {steps: [scroll]}", "7: fetch.steps: `steps` needs a browser: `fetch: {mode: browser}`, or auto"),
    (POLITE, "fetch: {ready: {css: a}}", "7: fetch.ready: `ready` needs a browser: `fetch: {mode: browser}`, or auto"),
    (NEXT, "fetch: {xhr: /api/*}", "10: pages.listing.fetch.xhr: `xhr` needs a browser: `fetch: {mode: browser}`, or auto"),
    (NEXT, "fetch: {block: images}", '10: pages.listing.fetch.block: "images": expected a list'),
    (NEXT, "fetch: {block: [images]}", "10: pages.listing.fetch.block: `block` needs a browser: `fetch: {mode: browser}`, or auto"),
    (NEXT, "fetch: {mode: browsr}", '10: pages.listing.fetch.mode: "browsr": expected one of http, browser, auto; did you mean `browser`?'),
    (NEXT, "fetch: {mode: auto, steps: [scrol]}", '10: pages.listing.fetch.steps[0]: "scrol": expected a mapping of keys to values, e.g. {click: a.more}; only `scroll` may stand alone'),
    (NEXT, "fetch: {mode: auto, steps: [{clik: a}]}", "10: pages.listing.fetch.steps[0].clik: unknown key; did you mean `click`?"),
    (NEXT, "fetch: {mode: auto, steps: [{wait_for: a}]}", "10: pages.listing.fetch.steps[0].wait_for: unknown key; did you mean `wait`?"),
    (NEXT, "fetch: {mode: browser, steps: [{scroll: {max_round: 3}}]}", "10: pages.listing.fetch.steps[0].scroll.max_round: unknown key; did you mean `max_rounds`?"),
    (NEXT, "fetch: {mode: auto, steps: [{click: a, wait: 2}]}", "10: pages.listing.fetch.steps[0]: has wait and click: expected exactly one of wait, click, fill, select, press, scroll, load_more"),
    (NEXT, "fetch: {mode: auto, steps: [{optional: true}]}", "10: pages.listing.fetch.steps[0]: does nothing: expected exactly one of wait, click, fill, select, press, scroll, load_more"),
    (NEXT, "fetch: {mode: auto, steps: [{wait: -1}]}", "10: pages.listing.fetch.steps[0].wait: -1: expected more than 0"),
    (NEXT, "fetch: {mode: auto, steps: [{wait: {}}]}", "10: pages.listing.fetch.steps[0].wait: asks for nothing: expected css, gone, js or secs"),
    (NEXT, "fetch: {mode: auto, steps: [{click: 'a['}]}", "10: pages.listing.fetch.steps[0].click.css: `a[` is not a CSS selector that can be read"),
    (NEXT, "fetch: {mode: auto, steps: [{click: 'a::text'}]}", "10: pages.listing.fetch.steps[0].click.css: `a::text`: expected elements: ::text and ::attr(name) have no place here"),
    (NEXT, "fetch: {mode: auto, steps: [{click: '${params.category}'}]}", "10: pages.listing.fetch.steps[0].click.css: placeholders are filled in what is typed or selected (`value`), not in selectors"),
    (NEXT, "fetch: {mode: auto, steps: [{fill: {css: a}}]}", "10: pages.listing.fetch.steps[0].fill: `value` is missing here"),
    (NEXT, "fetch: {mode: auto, steps: [{fill: {css: a, value: '${params.categry}'}}]}", "10: pages.listing.fetch.steps[0].fill.value: ${params.categry}: seeds.params has no `categry`; did you mean `${params.category}`?"),
    (NEXT, "fetch: {mode: auto, steps: [{select: {css: a, value: '${secret.x}'}}]}", "10: pages.listing.fetch.steps[0].select.value: ${secret.x}: a secret cannot stand here"),
    (NEXT, "fetch: {mode: auto, steps: [{select: {css: a}}]}", "10: pages.listing.fetch.steps[0].select: expected either `value` or `label`: which option is chosen"),
    (NEXT, "fetch: {mode: browser, steps: [{scroll: {items: 'li:has-text(a)'}}]}", "10: pages.listing.fetch.steps[0].scroll.items: `li:has-text(a)`: expected plain CSS; what an element says is asked of by click, fill, select, press and wait"),
    ("  detail:\n", "  detail:\n    fetch: {mode: browser, steps: [{scroll: {collect: each_round}}]}\n", "17: pages.detail.fetch.steps[0].scroll: `collect: each_round` needs `items`: CSS of what is collected (the page type has no `items: {css}`)"),
    (NEXT, "fetch: {mode: auto, steps: [{load_more: a.more}]}", "10: pages.listing.fetch.steps[0].load_more: with `mode: auto` the part of the list before `load_more` would do: expected `mode: browser`"),
    (NEXT, "fetch: {mode: browser, layout: false, steps: [scroll]}", "10: pages.listing.fetch.layout: without a layout there is nothing to scroll: leave `layout` out, or the step"),
    (NEXT, "fetch: {mode: auto, ready: {}}", "10: pages.listing.fetch.ready: asks for nothing: expected css, xpath, gone, js or still_ms"),
    (NEXT, "fetch: {mode: auto, ready: {xpath: '//a['}}", "10: pages.listing.fetch.ready.xpath: `//a[` is not XPath 1.0: Invalid expression"),
    (NEXT, "fetch: {mode: auto, ready: .card}", '10: pages.listing.fetch.ready: ".card": expected a mapping of keys to values, e.g. {css: ".card"}'),
    (NEXT, "fetch: {mode: auto, viewport: [10, 800]}", "10: pages.listing.fetch.viewport: expected a width and a height from 50 to 10000, e.g. [1280, 800]"),
    (NEXT, "fetch: {mode: auto, viewport: [1280]}", "10: pages.listing.fetch.viewport: expected one value more"),
    (DESC, "description: {from: xhr, jmes: a}", "18: pages.detail.fields.description.from: `from: xhr` reads what the page fetches for itself: that needs a browser: `fetch: {mode: browser}`, or auto"),
    ("{css: article.card}", "{from: xhr, jmes: a}", "11: pages.listing.items.from: `from: xhr` reads what the page fetches for itself: that needs a browser: `fetch: {mode: browser}`, or auto"),
    (DESC, 'description: {css: a, xhr: "*/api"}', "18: pages.detail.fields.description.xhr: `xhr` chooses among the answers of `from: xhr`, which is missing here"),
    (POLITE, 'session: {login: {url: "https://x.test/", steps: [{clik: a}]}}', "7: session.login.steps[0].clik: unknown key; did you mean `click`?"),
    (POLITE, 'session: {login: {url: "https://x.test/", steps: [{fill: {css: a, value: "${params.category}"}}]}}', "7: session.login.steps[0].fill.value: ${params.category}: unknown; known here: secret"),
    # proxies
    (POLITE, "proxy: x", "7: proxy: expected http://HOST:PORT or http://USER:${secret.NAME}@HOST:PORT"),
    (POLITE, "proxy: []", "7: proxy: an empty list: expected `none`, or a proxy"),
    (POLITE, 'proxy: "socks5://p.test:1080"', "7: proxy: socks5: proxies are not yet built; expected http://HOST:PORT or http://USER:${secret.NAME}@HOST:PORT"),
    (POLITE, 'proxy: "http://p.test"', "7: proxy: the port is missing: expected http://HOST:PORT or http://USER:${secret.NAME}@HOST:PORT"),
    (POLITE, 'proxy: ["http://p.test:80", "http://p.test:70000"]', "7: proxy[1]: 70000 is no port: expected http://HOST:PORT or http://USER:${secret.NAME}@HOST:PORT"),
    (POLITE, 'proxy: "http://ann:hunter2@p.test:3128"', "7: proxy: a password does not belong in a file: write ${secret.NAME}, and set SCRAPELINE_SECRET_NAME"),
    (POLITE, 'proxy: "http://ann:${params.p}@p.test:3128"', "7: proxy: a password does not belong in a file: write ${secret.NAME}, and set SCRAPELINE_SECRET_NAME"),
    (POLITE, 'proxy: "http://${params.p}@p.test:3128"', "7: proxy: ${params.p}: unknown; known here: secret"),
    # not yet
    (POLITE, "incremental: skip_seen", "7: incremental: `incremental` is not yet built"),
    (POLITE, "files: {css: a}", "7: files: `files` is not yet built"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "message"), CASES, ids=[f"{number}-{new[:40]}" for number, (_, new, _) in enumerate(CASES)]
)
def test_one_mistake_is_told_once_with_its_line_and_a_way_out(write, old, new, message):
    assert old in GOOD

    (line,) = told(write, GOOD.replace(old, new, 1))

    assert line.startswith(f"shop.yaml:{message}")


RENDERED = """\
source: shop
table: shop.products
seeds: {urls: "https://shop.example/?q=${params.q}", params: {q: [lamps]}}
session:
  login:
    url: https://shop.example/login
    steps: [{fill: {css: "#name", value: "${secret.name}"}}, {press: Enter}]
  check: {gone: form.login}
fetch:
  mode: browser
  ready: {css: article.card, gone: .spinner}
  viewport: [1280, 800]
  xhr: "/api/*"
  steps:
    - {click: 'button:has-text("Accept")', optional: true}
    - {fill: {css: "#q", value: "${params.q} ${secret.tail}"}}
    - {select: {css: "#sort", label: "${params.q}"}}
    - {wait: .card}
    - {wait: 0.5}
    - {wait: {js: "`${location}` != ''"}}
    - scroll
    - {scroll: {collect: each_round, max_items: 500}}
    - {load_more: "button.more"}
items: {css: article.card}
fields: {id: {from: xhr, xhr: "/api/products", jmes: "rows[0].id"}}
"""


def test_all_that_a_browser_can_be_told_is_right(write):
    fetch = load_sources(write(shop_yaml=RENDERED))["shop"].source.page_types()[""].fetch

    assert fetch.viewport == (1280, 800)
    assert [step.actions for step in fetch.steps] == [
        [name] for name in ("click", "fill", "select", "wait", "wait", "wait", "scroll", "scroll", "load_more")
    ]


def test_what_a_folder_says_of_browsers_is_checked_once_and_binds_no_page_that_needs_none(write):
    defaults = "fetch: {block: [images], viewport: [800, 600], ready: {css: 'a['}}\n"

    assert told(write, GOOD, scrapeline_yaml=defaults) == [
        "scrapeline.yaml:1: fetch.ready.css: `a[` is not a CSS selector that can be read"
    ]
    assert load_sources(write({"shop.yaml": GOOD, "scrapeline.yaml": defaults.replace(", ready: {css: 'a['}", "")}))


def test_functions_beside_the_file_are_looked_for_without_running_them(write):
    text = GOOD.replace(POLITE, "hooks: {item: clean.tidy}").replace("convert: price", "convert: clen.price")

    assert told(write, text, clean_py="raise SystemExit\ndef tdy(item): return item\n") == [
        "shop.yaml:7: hooks.item: `clean.tidy`: clean.py has no function `tidy`; did you mean `clean.tdy`?",
        "shop.yaml:19: pages.detail.fields.price.convert: `clen.price`: there is no clen.py beside shop.yaml; "
        "did you mean `clean.price`?",
    ]
    assert "clean.py: line 1: expected" in told(write, text, clean_py="def tidy(item) return item\n")[0]


def test_json_items_are_not_asked_with_css(write):
    assert told(write, GOOD.replace("{css: article.card}", "{jsonld: Product}")) == [
        "shop.yaml:13: pages.listing.fields.sku: items from jsonld are JSON: `css` finds nothing in them; use jmes, or add "
        "`from: page`",
        "shop.yaml:14: pages.listing.fields.title: items from jsonld are JSON: `css` finds nothing in them; use jmes, or add "
        "`from: page`",
    ]


def test_items_of_an_answer_in_json_are_not_asked_with_css(write):
    text = """\
source: shop
table: a.b
seeds: {urls: "https://shop.example/api"}
items: {jmes: rows}
fields:
  id: {jmes: id}
  name: {css: .name}
"""
    mixed = (
        "shop.yaml:7: fields.name: items from jmes are JSON: `css` finds nothing in them; use jmes, or add `from: page`"
    )
    assert told(write, text) == [mixed]
    assert load_sources(write(shop_yaml=text.replace("jmes: id", "css: b")))  # JSON texts that hold HTML
    assert told(write, text.replace("{jmes: rows}", "{css: li}\nfetch: {response: json}")) == [
        "shop.yaml:4: items: `fetch.response` says that the page is JSON: `css` finds nothing in it; use jmes"
    ]


def test_a_doubled_key_hides_no_other_mistake(write):
    assert told(write, GOOD.replace(TITLE, f"{TITLE}\n      {TITLE}").replace("numeric", "decimal", 1)) == [
        "shop.yaml:15: pages.listing.fields.title: doubled key: it already stands in line 14",
        'shop.yaml:20: pages.detail.fields.price.type: "decimal": expected one of string, integer, float, numeric, '
        "boolean, date, time, datetime, timestamp, bytes, json; did you mean `numeric`?",
    ]


def test_what_stands_under_a_misspelt_key_is_told_with_its_own_line(write):
    text = GOOD.replace(POLITE, "politness:\n  robots: {}\n  delay: 1")

    assert told(write, text) == [
        "shop.yaml:7: politness: unknown key; did you mean `politeness`?",
        "shop.yaml:9: politeness.delay: unknown key; did you mean `delay_secs`?",
    ]


def test_a_cursor_goes_where_the_request_says(write):
    placed = 'next: {cursor: {jmes: next}}\n    request: {json: {after: "${cursor}"}}'

    assert load_sources(write(shop_yaml=GOOD.replace(NEXT, placed)))


def test_an_item_that_is_carried_in_a_circle_is_told(write):
    assert told(write, GOOD.replace("{to: detail, ", "{")) == [
        "shop.yaml:15: pages.listing.follow: the item would be carried from `listing` back to `listing` for ever; `to` names the page type that it goes on to",
        "shop.yaml:16: pages.detail: nothing leads to page type `detail`: no `follow` has `to: detail`",
    ]


def test_pages_that_nothing_leads_to_or_that_give_nothing_are_told(write):
    assert told(write, GOOD.replace("checks:", "  review:\n    fetch: {retries: 1}\nchecks:")) == [
        "shop.yaml:20: pages.review: gives nothing: expected `fields`, `follow` or `next`",
        "shop.yaml:20: pages.review: nothing leads to page type `review`: no `follow` has `to: review`",
    ]


def test_a_required_field_that_other_rows_of_the_table_cannot_have_is_told(write):
    text = GOOD.replace(", carry: item", "").replace("price: {css: .price,", "price: {css: .price, required: true,")

    assert told(write, text) == [
        "shop.yaml:13: pages.listing.fields.sku.required: items of page type `detail` go to shop.products too, and have no "
        "`sku`",
        "shop.yaml:19: pages.detail.fields.price.required: items of page type `listing` go to shop.products too, and have no "
        "`price`",
    ]


def test_a_carried_item_has_one_table(write):
    text = GOOD.replace("  listing:", "  listing:\n    table: a.b").replace("  detail:", "  detail:\n    table: c.d")

    assert "an item carried from `listing` to `detail` is one row: it cannot be in a.b and c.d" in "\n".join(
        told(write, text)
    )


def test_ten_mistakes_come_at_once_and_in_order(write):
    text = GOOD
    for old, new in [
        ("table: shop.products", "table: products"), ("[sku]", "[skuu]"), ("${params.category}", "${params.categry}"),
        ("delay_secs: 1", "delay_sec: 1"), ("a[rel=next]", "a[rel="), ("items:", "itmes:"), ("true", "yes"),
        ("to: detail", "to: details"), ("numeric", "decimal"), ("0.9", "90"),
    ]:  # fmt: skip
        text = text.replace(old, new, 1)

    lines = [int(mistake.split(":")[1]) for mistake in told(write, text)]

    assert lines == [2, 3, 5, 7, 10, 11, 13, 15, 19, 20]


def test_paths_and_near_names():
    assert dotted(("pages", "a", "follow", 0, "to")) == "pages.a.follow[0].to"
    assert nearest("Titel", ["title", "price"]) == "title"
    assert nearest("xyz", ["title", "price"]) == ""
