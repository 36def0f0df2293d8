"""Which cookies go with which request."""

from typing import Any

import pytest

from scrapers.browsing.session_cookies import cookie_header


def cookie(**changes: Any) -> dict[str, Any]:
    return {"name": "a", "value": "1", "domain": "shop.example", "path": "/", "expires": -1, "secure": False} | changes


def sent(url: str, *cookies: dict[str, Any], now: float = 100.0) -> str:
    return cookie_header({"cookies": list(cookies), "origins": []}, url, now)


@pytest.mark.parametrize(
    ("changes", "url", "goes"),
    [
        ({}, "http://shop.example/x?y", True),
        ({}, "http://SHOP.example:8080/", True),
        ({}, "http://www.shop.example/", False),
        ({"domain": ".shop.example"}, "http://shop.example/", True),
        ({"domain": ".shop.example"}, "http://a.www.shop.example/", True),
        ({"domain": ".shop.example"}, "http://badshop.example/", False),
        ({"domain": ".Shop.Example"}, "http://www.shop.example/", True),
        ({"domain": "www.shop.example"}, "http://shop.example/", False),
        ({"domain": "127.0.0.1"}, "http://127.0.0.1/", True),
        ({"domain": ".0.0.1"}, "http://127.0.0.1/", False),
        ({"domain": "[::1]"}, "http://[::1]/", True),
        ({"path": "/a"}, "http://shop.example/a", True),
        ({"path": "/a"}, "http://shop.example/a/b", True),
        ({"path": "/a/"}, "http://shop.example/a/b", True),
        ({"path": "/a"}, "http://shop.example/ab", False),
        ({"path": "/a/"}, "http://shop.example/a", False),
        ({"path": "/A"}, "http://shop.example/a", False),
        ({"path": "no path"}, "http://shop.example/a", True),
        ({"secure": True}, "https://shop.example/", True),
        ({"secure": True}, "http://shop.example/", False),
        ({"expires": 101}, "http://shop.example/", True),
        ({"expires": 100}, "http://shop.example/", False),
        ({"expires": 0}, "http://shop.example/", False),
        ({"sameSite": "Strict"}, "http://shop.example/", True),
        ({"partitionKey": "https://www.shop.example"}, "http://shop.example/", True),
        ({"partitionKey": "https://other.example"}, "http://shop.example/", False),
        ({}, "no url", False),
    ],
)
def test_a_cookie_goes_where_it_belongs(changes: dict[str, Any], url: str, goes: bool):
    assert sent(url, cookie(**changes)) == ("a=1" if goes else "")


def test_what_was_set_since_stands_in_the_place_of_what_has_its_name():
    storage = {"cookies": [cookie(), cookie(name="b", value="2")], "origins": []}

    assert cookie_header(storage, "http://shop.example/", 0, "a=3; c=4") == "b=2; a=3; c=4"
    assert cookie_header(storage, "http://other.example/", 0, "a=3") == "a=3"


def test_several_cookies_go_in_one_header_the_longest_path_first():
    jar = [cookie(), cookie(name="b", value="x=y"), cookie(path="/deep", value="2"), cookie(name="", value="bare")]

    assert sent("http://shop.example/deep/er", *jar) == "a=2; a=1; b=x=y; bare"
