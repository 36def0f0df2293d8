"""The one place where a page type's `request` becomes a Request."""

import pytest

from schemas.request import Request
from scrapers.source_files.request_rules import make_request
from scrapers.source_files.template import TemplateError

SOURCE = """\
source: shop
table: shop.products
pages:
  listing:
    fields: {sku: {css: b}, n: {css: b, type: integer}, tags: {css: b, list: true}}
    follow: {to: detail, url: {css: a}, carry: item}
    LISTING
  detail:
    fields: {price: {css: i}}
    DETAIL
"""


@pytest.fixture
def make(load):
    """Makes a request under rules of the two page types."""

    def make_under(page_type="listing", url="https://x.test/", *, listing="", detail="", source="", **options):
        text = SOURCE.replace("LISTING", listing).replace("DETAIL", detail) + source
        loaded = load(text)
        return make_request(loaded, page_type, url, **{"execution_id": "e1", "params": {}, **options})

    return make_under


def test_without_a_rule_it_is_a_plain_get(make):
    assert make() == Request("shop", "https://x.test/", "e1", "listing")


def test_json_keeps_types_and_makes_it_a_post(make):
    request = make(
        "detail",
        detail='request: {json: {id: "${item.n}", text: "no ${item.n}", deep: ["${item.tags}"], on: true}}',
        item={"n": 7, "tags": ["a"]},
    )

    assert request.method == "POST"
    assert request.body == b'{"id":7,"text":"no 7","deep":[["a"]],"on":true}'
    assert request.headers == (("Content-Type", "application/json"),)
    assert request.item == {"n": 7, "tags": ["a"]}


def test_a_form_is_encoded_and_the_source_may_name_the_method_and_the_type(make):
    rule = (
        'request: {method: PUT, form: {q: "${item.sku}", k: "${secret.key}", n: [1, 2]}, headers: {content-type: x/y}}'
    )
    request = make("detail", detail=rule, item={"sku": "a b&c"})

    assert (request.method, request.body) == ("PUT", b"q=a%20b%26c&k=${secret.key}&n=1&n=2")
    assert request.headers == (("content-type", "x/y"),)


def test_headers_and_cookies_hold_placeholders_for_secrets_only(make):
    rule = 'request: {headers: {X-Key: "${secret.key}", X-Ref: "${item.sku}"}, cookies: {lang: en, s: "${secret.s}"}}'
    request = make("detail", detail=rule, item={"sku": "A\r\nSet-Cookie: x=1 ${secret.key}"})

    assert request.headers == (
        ("X-Key", "${secret.key}"),
        ("X-Ref", "A Set-Cookie: x=1 $${secret.key}"),
        ("Cookie", "lang=en; s=${secret.s}"),
    )


def test_the_query_is_merged_into_a_template_and_a_found_url_keeps_its_own(make):
    rule = 'request: {query: {page: 1, size: 50, tag: ["a b", c], none: }}'

    from_template = make(url="https://x.test/?page=9&q=%20x#top", listing=rule, template=True)
    found = make(url="https://x.test/?page=9&q=%20x#top", listing=rule)

    assert from_template.url == "https://x.test/?q=%20x&page=1&size=50&tag=a%20b&tag=c#top"
    assert found.url == "https://x.test/?page=9&q=%20x&size=50&tag=a%20b&tag=c#top"


def test_what_a_source_says_is_merged_under_the_page_type(make):
    rule = "request: {headers: {Accept: text/html}}"
    request = make(listing=rule, source='request: {headers: {X-Key: "${secret.k}", Accept: x/y}, json: {a: 1}}\n')

    assert request.headers == (
        ("X-Key", "${secret.k}"),
        ("Accept", "text/html"),
        ("Content-Type", "application/json"),
    )
    assert request.body == b'{"a":1}'


def test_a_follow_up_knows_its_parent(make):
    parent = Request("shop", "https://x.test/a/list", "e1", "listing", depth=2, page_number=3)

    followed = make("detail", "/p/${item.sku}", parent=parent, template=True, item={"sku": "1"})
    next_page = make("listing", "https://x.test/a/list?p=4", parent=parent, page_number=4)

    assert (followed.url, followed.depth, followed.page_number) == ("https://x.test/p/1", 3, 1)
    assert followed.referrer == parent.request_id
    assert (next_page.depth, next_page.page_number) == (2, 4)


def test_an_item_may_fill_a_request_without_being_carried(make):
    request = make("detail", detail='request: {json: {id: "${item.sku}"}}', item={"sku": "1"}, carry=False)

    assert request.item is None
    assert request.body == b'{"id":"1"}'


@pytest.mark.parametrize(
    ("listing", "url", "cursor", "expected_url", "expected_body"),
    [
        ("next: {page: {param: p}}", "https://x.test/?p=1&q=a", 2, "https://x.test/?q=a&p=2", None),
        ("next: {cursor: {jmes: c}, param: after}", "https://x.test/", "a+b=", "https://x.test/?after=a%2Bb%3D", None),
        (
            "next: {cursor: {jmes: c}, param: variables.after}\n    request: {json: {query: x, variables: {n: 1}}}",
            "https://x.test/", "abc", "https://x.test/", b'{"query":"x","variables":{"n":1,"after":"abc"}}',
        ),
        (
            "next: {page: {param: p}}\n    request: {form: {q: x}}",
            "https://x.test/", 3, "https://x.test/", b"q=x&p=3",
        ),
        (
            'next: {cursor: {jmes: c}, param: after}\n    request: {query: {from: "${cursor}"}}',
            "https://x.test/?from=old", "new", "https://x.test/?from=new", None,
        ),
    ],
)  # fmt: skip
def test_a_cursor_or_page_number_goes_where_the_file_says(make, listing, url, cursor, expected_url, expected_body):
    request = make("listing", url, listing=listing, cursor=cursor, page_number=2)

    assert (request.url, request.body) == (expected_url, expected_body)


def test_the_first_page_has_no_cursor(make):
    rule = (
        'next: {cursor: {jmes: c}, param: after}\n    request: {query: {from: "${cursor}"}, headers: {X: "${cursor}"}}'
    )
    request = make(listing=rule)

    assert (request.url, request.headers) == ("https://x.test/", (("X", ""),))


def test_the_same_url_with_another_body_or_item_is_another_request(make):
    rule = 'request: {json: {id: "${item.sku}"}}'
    ids = {make("detail", detail=rule, item={"sku": sku}).request_id for sku in "ab"}

    assert len(ids) == 2


def test_a_value_that_is_missing_is_an_error(make):
    with pytest.raises(TemplateError, match=r"item\.sku"):
        make("detail", detail='request: {headers: {X: "${item.sku}"}}', item={"sku": None})
