"""The demo site's pages that scripts make: what stands in the documents, and what only the scripts get."""

import json
import re

from demo.site.club import MEMBER, PASSWORD, ROWERS
from demo.site.gallery import WORKS
from demo.site.records import EMPTY_SHELLS, RECORDS
from demo.site.weather import HOURS
from tests.demo.asking_site import Site


def test_the_gallery_gives_its_works_in_pages_and_its_documents_hold_none(site: Site) -> None:
    ids: list[str] = []
    following: int | None = 0
    while following is not None:
        page = json.loads(site.get("www.gallery.example", f"/api/works?offset={following}").body)
        ids += [work["id"] for work in page["works"]]
        following = page["next"]
    assert len(set(ids)) == len(ids) == WORKS
    for path in ("/works", "/shelves"):
        assert "data-id" not in site.text("www.gallery.example", path)


def test_some_record_pages_are_shells_that_an_api_completes(site: Site) -> None:
    pages = [site.text("www.records.example", f"/record/{number}") for number in range(RECORDS)]
    shells = [number for number, page in enumerate(pages) if 'class="price"' not in page]
    assert len(shells) == EMPTY_SHELLS == 8
    for number in shells:
        assert f'data-api="/api/record/{number}"' in pages[number]
        assert json.loads(site.get("www.records.example", f"/api/record/{number}").body)["price"]


def test_the_readings_want_the_token_of_their_page(site: Site) -> None:
    token = re.search('data-token="([^"]+)"', site.text("www.weather.example", "/station/brno"))
    assert token is not None
    path = "/api/v2/readings?station=brno&hours=24"
    assert site.get("www.weather.example", path).status == 403
    assert len(json.loads(site.get("www.weather.example", path, X_Token=token[1]).body)["readings"]) == HOURS


def test_only_a_member_with_the_token_of_the_form_is_let_in(site: Site) -> None:
    assert site.get("members.club.example", "/regatta/1").headers["Location"] == "/login"
    right = {"email": MEMBER, "password": PASSWORD}
    cookie, token = log_in_form(site)
    assert site.post("members.club.example", "/login", right, cookie).status == 403
    refused = site.post("members.club.example", "/login", {**right, "csrf": token, "password": "x"}, cookie)
    assert refused.headers["Location"] == "/login?wrong=1"
    assert site.post("members.club.example", "/login", {**right, "csrf": token}, cookie).status == 303
    assert site.text("members.club.example", "/regatta/1", Cookie=cookie).count("data-crew") == ROWERS


def log_in_form(site: Site) -> tuple[str, str]:
    """The cookie and the token that a visitor is given."""
    form = site.get("members.club.example", "/login")
    token = re.search('name="csrf" value="([^"]+)"', form.body.decode())
    assert token is not None
    return form.headers["Set-Cookie"].split(";")[0], token[1]
