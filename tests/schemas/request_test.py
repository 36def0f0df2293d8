import ada_url
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.request import Request, canonical_url

HOSTS = [
    "shop.example",
    "a.b.com",
    "1.2.3.4",
    "a.0x7f",
    "a-.b",
    "a..b",
    "x.xn--a",
    "xn--bcher-kva.example",
    "0.a",
    "b-.c1",
]
PIECES = [
    "/",
    "/a",
    "/.",
    "/..",
    "/b.c",
    "//",
    ".",
    "..",
    "?",
    "?x=1",
    "&",
    "=",
    "%41",
    "%zz",
    "~",
    ":80",
    ":443",
    "#",
    "é",
    "A",
    " ",
]


@given(st.sampled_from(["http://", "https://"]), st.sampled_from(HOSTS), st.lists(st.sampled_from(PIECES), max_size=6))
@settings(max_examples=1_000, deadline=None)
def test_a_url_is_canonical_as_the_url_standard_writes_it(scheme, host, pieces):
    url = scheme + host + "".join(pieces)
    try:
        parsed = ada_url.URL(url)
    except ValueError:
        assert canonical_url(url) == url
        return
    parsed.hash = ""

    assert canonical_url(url) == parsed.href


@pytest.mark.parametrize("same", ["http://shop.example/a/b", "HTTP://shop.example:80/a/c/../b#part"])
def test_one_page_has_one_identity(same):
    assert Request("shop", same, "e1").request_id == Request("shop", "http://shop.example/a/b", "e1").request_id
