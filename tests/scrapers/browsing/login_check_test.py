"""What a page says of its session."""

from typing import Any

import pytest

from schemas.page import Page
from schemas.request import Request
from scrapers.browsing.login_check import logged_out, session_lost
from scrapers.source_files.model import Source
from scrapers.source_files.model_browser import SessionCheck

BOTH = SessionCheck(css="#account", gone="form.login")


@pytest.mark.parametrize(
    ("html", "says"),
    [
        ("<b id=account>me</b>", ""),
        ("<b>me</b>", "there is no `#account`"),
        ("<b id=account>me</b><form class='x login'>", "there is `form.login`"),
        ("", "there is no `#account`"),
        ("<b>" * 30_000, ""),
    ],
)
def test_a_page_is_logged_in_when_all_of_the_check_holds(html: str, says: str):
    assert logged_out(html, BOTH) == says


def lost(
    body: str,
    status: int = 200,
    kind: str = "text/html",
    check: dict[str, str] | None = None,
    url: str = "http://shop.test/",
) -> str | None:
    session: dict[str, Any] = {"login": {"url": "http://shop.test/in?a=b"}, "check": check}
    source = Source.model_validate({"source": "shop", "table": "t.items", "session": session})
    request = Request("shop", "http://shop.test/", "e" * 24)
    page = Page(request, status, url, (("Content-Type", kind),), body.encode(), 0.0)
    return session_lost(page, source)


WALL = "<title>Log in</title><form><input type=password></form>"
BLOCK = "<title>Just a moment...</title><p>Enable JavaScript and cookies to continue"


def test_a_page_of_somebody_who_is_logged_out_tells():
    assert lost("<p>hello", check={"css": "#account"}) == "there is no `#account`"
    assert lost("<p>hello", 403, check={"css": "#account"}) == "there is no `#account`"
    assert lost("{}", 401, "application/json", check={"css": "#account"}) == "HTTP 401"
    assert lost(WALL) == "title 'log in'"
    assert lost("<p id=account>" + "an ordinary page " * 200, url="http://shop.test/in") == (
        "it led to http://shop.test/in?a=b"
    )
    assert lost("", 302, url="http://shop.test/in?next=%2F", check={"css": "#account"}) is not None


def test_a_page_of_somebody_who_is_logged_in_tells_too():
    assert lost("<p id=account>", check={"css": "#account"}) == ""
    assert lost("<p>" + "an ordinary page " * 200) == ""
    assert lost("{}", 200, "application/json", check={"css": "#account"}) == ""


def test_error_pages_and_block_pages_tell_nothing():
    assert lost("<p>not found", 404, check={"css": "#account"}) is None
    assert lost("<p>broken", 500, check={"css": "#account"}) is None
    assert lost(BLOCK, check={"css": "#account"}) is None
