"""Pages behind a log-in, through the whole fetcher: one log-in for all, another when it is over, no storm."""

import asyncio
import logging
from collections import Counter
from typing import Any
from urllib.parse import parse_qs

import psutil
import pytest

from scrapers.browsing import login
from scrapers.browsing.executable import BrowserMissing, find_browser

PASSWORD = "hunter-2-of-ann"  # noqa: S105
SECRETS = {"user": "ann", "password": PASSWORD}
SESSION = {
    "login": {
        "url": "http://shop.test/login",
        "steps": [
            {"fill": {"css": "#user", "value": "${secret.user}"}},
            {"fill": {"css": "#password", "value": "${secret.password}"}},
            {"click": "button"},
        ],
    },
    "check": {"css": "#account"},
}
FORM = """<form method=post><input name=csrf type=hidden value=t0k3n><input id=user name=user>
<input id=password name=password type=password><button>Go</button></form>"""


class Members:
    """A site whose pages are for members; a session ends after `pages` of them."""

    def __init__(self, server: Any, pages: int = 1_000) -> None:
        self.server, self.pages = server, pages
        self.log_ins = self.forms_sent = 0
        self.left: Counter[str] = Counter()
        server.on("/robots.txt", server.page("User-agent: *\nDisallow: /login\n", kind="text/plain"))
        server.on("/login", self._login)
        server.on("/welcome", server.page("", 303, Location="/home"))
        server.on("/home", server.page("<p id=account>ann"))
        server.on("*", self._page)

    async def _login(self, hit: Any, writer: asyncio.StreamWriter) -> None:
        page = self.server.page
        if hit.method == "GET":
            writer.write(page(FORM, Set_Cookie="pre=t0k3n; HttpOnly; Path=/"))
            return
        self.forms_sent += 1
        sent = {key: values[0] for key, values in parse_qs(hit.body.decode()).items()}
        if sent == {"csrf": "t0k3n", **SECRETS} and "pre=t0k3n" in hit.headers.get("cookie", ""):
            self.log_ins += 1
            token = f"session-of-ann-{self.log_ins:04}"
            self.left[token] = self.pages
            writer.write(page("", 302, Location="/welcome", Set_Cookie=f"sid={token}; HttpOnly; Path=/"))
        else:
            writer.write(page(f"<p>{sent.get('password')} is wrong</p>{FORM}"))

    async def _page(self, hit: Any, writer: asyncio.StreamWriter) -> None:
        sent = dict(part.split("=", 1) for part in hit.headers.get("cookie", "").split("; ") if "=" in part)
        token = sent.get("sid", "")
        if self.left[token] <= 0:
            writer.write(self.server.page("", 302, Location="/login"))
            return
        self.left[token] -= 1
        writer.write(self.server.page(f"<p id=account>ann</p><b>{hit.path}</b>"))


@pytest.fixture(autouse=True)
def needs_chromium() -> None:
    try:
        find_browser()
    except BrowserMissing as missing:
        pytest.skip(f"needs: Chromium ({missing})")


def source(mode: str = "browser", **session: Any) -> dict[str, Any]:
    return {"fetch": {"mode": mode, "timeout_secs": 60}, "session": SESSION | session}


def test_many_pages_at_once_make_one_log_in(crawl: Any, server: Any):
    site = Members(server)
    done = crawl([f"/{n}" for n in range(8)], source=source(), secrets=SECRETS.__getitem__)

    assert done.reasons == {"pages": 8}
    assert site.log_ins == site.forms_sent == 1
    assert done.items == [f"/{n}" for n in range(8)]


@pytest.mark.parametrize("mode", ["browser", "http"])
def test_a_session_that_ends_in_the_middle_is_made_anew_once(crawl: Any, server: Any, mode: str):
    site = Members(server, pages=6)
    done = crawl([f"/{n}" for n in range(10)], source=source(mode), secrets=SECRETS.__getitem__)

    assert done.reasons == {"pages": 10}
    assert site.log_ins == site.forms_sent == 2


def test_a_log_in_at_an_address_that_is_refused_is_said_to_be(crawl: Any, server: Any):
    Members(server)
    session = source(login={**SESSION["login"], "url": "http://10.0.0.1/login", "timeout_secs": 60})
    session["session"]["login"]["steps"] = [{"wait": "#user", "timeout_secs": 1}]
    done = crawl(["/1"], source=session, secrets=SECRETS.__getitem__)

    assert done.letters["/1"].reason == "address_refused"
    assert "10.0.0.1:80" in done.letters["/1"].message


def test_a_log_in_that_loses_its_browser_is_made_in_the_next_one(crawl: Any, server: Any):
    site = Members(server)
    answer = site._login

    async def kill_first(hit: Any, writer: asyncio.StreamWriter) -> None:
        server.on("/login", answer)
        for process in psutil.Process().children(recursive=True):
            if "chrom" in process.name():
                process.kill()

    server.on("/login", kill_first)
    done = crawl(["/1", "/2", "/3"], source=source(), secrets=SECRETS.__getitem__)

    assert done.reasons == {"pages": 3}
    assert site.log_ins == 1


@pytest.mark.parametrize("mode", ["browser", "http"])
def test_a_log_in_at_another_host_is_known_to_say_that_the_session_is_over(crawl: Any, server: Any, mode: str):
    saved = '{"cookies": [{"name": "sid", "value": "1", "domain": "shop.test"}]}'
    server.on("/robots.txt", server.page("User-agent: *\nDisallow: /in\n", kind="text/plain"))
    server.on("/1", server.page("", 302, Location="http://accounts.other.test/in?next=1"))
    server.on("/in", server.page("<p>Welcome back! " * 200))
    session = {"storage_state": "${secret.state}", "login": {"url": "http://accounts.other.test/in"}}
    done = crawl(
        ["/1"],
        source={"session": session, "fetch": {"mode": mode, "timeout_secs": 60}},
        secrets={"state": saved}.__getitem__,
    )

    assert done.letters["/1"].reason == "login_required"
    assert "it led to http://accounts.other.test/in" in done.letters["/1"].message


def test_redirects_that_go_round_are_seen_in_a_session_too(crawl: Any, server: Any):
    saved = '{"cookies": [{"name": "sid", "value": "1", "domain": "shop.test"}]}'
    server.on_all(server.page("", 302, Location="/round"))
    session = {"storage_state": "${secret.state}"}
    done = crawl(["/round"], source={"session": session}, secrets={"state": saved}.__getitem__)

    assert "the redirects go round in a loop" in done.letters["/round"].message
    assert len(server.paths()) == 1


def test_a_wrong_password_is_tried_once_and_stands_nowhere(
    crawl: Any, server: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(login, "_CHECK_SECS", 1.0)
    site, wrong = Members(server), {**SECRETS, "user": "bob"}
    done = crawl([f"/{n}" for n in range(20)], source=source(), secrets=wrong.__getitem__)

    letters = [one.letter for one in done.scraped if one.letter]
    assert site.forms_sent == 1
    assert done.holds
    assert set(done.reasons) == {"login_required"}
    assert 3 <= len(letters) < 20, "the source is paused"
    assert any("paused after 3 pages login_required in a row" in note for note in done.notes)
    assert all("log-in: one is not logged in after its steps" in letter.message for letter in letters)
    assert PASSWORD not in caplog.text + repr(done.scraped)
    assert not any(one.page for one in done.scraped)


def test_no_secret_of_a_session_is_in_what_a_run_leaves(crawl: Any, server: Any):
    site, hidden = Members(server), list[str]()
    done = crawl(["/1", "/2"], source=source(), secrets=SECRETS.__getitem__, hide=hidden.append)

    assert done.reasons == {"pages": 2}
    assert "session-of-ann-0001" in hidden
    said = repr([one.page for one in done.scraped]) + repr(done.scraped)
    assert site.log_ins == 1
    assert not any(secret in said for secret in (PASSWORD, "session-of-ann", "t0k3n"))
