"""Log-ins on a loopback site: what they lead to, and what is said of those that fail."""

import asyncio
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from schemas.reasons import Dead
from scrapers.browsing import login
from scrapers.browsing.chromium import Chromium
from scrapers.browsing.login import log_in
from scrapers.browsing.session_cookies import cookie_header
from scrapers.browsing.session_state import Storage
from scrapers.browsing.tab import Tab
from scrapers.browsing.typed_secrets import TypedSecrets
from scrapers.fetching.failures import AttemptFailed
from scrapers.fetching.source_rules import SourceRules
from scrapers.source_files.loaded import LoadedSource
from scrapers.source_files.model import Source

PASSWORD = 'p"a/ss wörd'  # noqa: S105
SECRETS = {"user": "ann", "password": PASSWORD}
STEPS = [
    {"fill": {"css": "#user", "value": "${secret.user}"}},
    {"fill": {"css": "#password", "value": "${secret.password}"}},
    {"click": {"css": "button"}},
]
CHECK = {"css": "#account", "gone": "#password"}
KEEP = """<script>
localStorage.setItem("jwt", "token-of-ann");
const opening = indexedDB.open("auth", 1);
opening.onupgradeneeded = () => opening.result.createObjectStore("users").put("ann", "who");
opening.onsuccess = () => { document.body.id = "account"; };
</script>"""


class Club:
    """A site with a log-in: a form with a token that goes with a cookie, and two redirects after it."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.url = f"http://127.0.0.1:{server.port}"
        self.log_ins = 0
        server.on("/login", self._login)
        server.on("/welcome", server.page("", 303, Location="/home"))
        server.on("/home", server.page(f"<body>hello{KEEP}"))

    async def _login(self, hit: Any, writer: asyncio.StreamWriter) -> None:
        page = self.server.page
        if hit.method == "GET":
            form = (
                "<form method=post><input name=csrf type=hidden value=t0k3n><input id=user name=user>"
                "<input id=password name=password type=password><button>Go</button></form>"
            )
            writer.write(page(form, Set_Cookie="pre=t0k3n; HttpOnly; Path=/"))
            return
        sent = {key: values[0] for key, values in parse_qs(hit.body.decode()).items()}
        if sent == {"csrf": "t0k3n", **SECRETS} and "pre=t0k3n" in hit.headers.get("cookie", ""):
            self.log_ins += 1
            cookie = "sid=session-of-ann-0001; HttpOnly; Path=/"
            writer.write(page("", 302, Location="/welcome", Set_Cookie=cookie))
        else:
            writer.write(page(f"<p>{sent.get('password')} is wrong<input id=password>"))


@pytest.fixture
def club(server: Any) -> Club:
    return Club(server)


def rules(club: Club, **session: Any) -> SourceRules:
    own = {"url": f"{club.url}/login", "steps": STEPS, **session.pop("login", {})}
    source = Source.model_validate({"source": "club", "table": "t.i", "session": {"login": own, **session}})
    return SourceRules(LoadedSource(source, Path("/x/club.yaml"), Path("/x"), {}, "", {}))


async def do_log_in(chromium: Chromium, shop: SourceRules, secrets: dict[str, str] = SECRETS) -> Storage:
    context = await chromium.browser.new_context()
    try:
        tab = await Tab.open(context, layout=True)
        assert shop.source.session is not None
        return await log_in(tab, shop, shop.source.session, secrets.__getitem__)
    finally:
        await context.close()


def test_a_log_in_gives_cookies_and_storage_with_which_another_context_is_logged_in(
    run: Any, chromium: Chromium, club: Club
):
    storage = run(do_log_in(chromium, rules(club, check=CHECK)))

    async def look() -> Any:
        context = await chromium.browser.new_context(storage_state=storage)
        page = await context.new_page()
        await page.goto(f"{club.url}/login")
        seen = await page.evaluate(
            """() => new Promise(done => {
              const opening = indexedDB.open("auth");
              opening.onsuccess = () => {
                const asked = opening.result.transaction("users").objectStore("users").get("who");
                asked.onsuccess = () => done([localStorage.getItem("jwt"), asked.result]);
              };
            })"""
        )
        await context.close()
        return seen

    assert club.log_ins == 1
    assert cookie_header(storage, f"{club.url}/home", 0) == "pre=t0k3n; sid=session-of-ann-0001"
    assert run(look()) == ["token-of-ann", "ann"]
    assert "sid=session-of-ann-0001" in club.server.hits[-1].headers["cookie"]


@pytest.mark.parametrize(
    "ready",
    [
        {"css": "#account"},
        {"xpath": "//body[@id='account']"},
        {"js": "localStorage.jwt && document.body.id === 'account'"},
        {"css": "body, html", "count": 2, "js": "document.body.id === 'account'"},
    ],
)
def test_ready_says_when_a_log_in_is_through(run: Any, chromium: Chromium, club: Club, ready: dict[str, Any]):
    storage = run(do_log_in(chromium, rules(club, login={"ready": ready})))

    assert [origin["localStorage"] for origin in storage["origins"]] == [[{"name": "jwt", "value": "token-of-ann"}]]


def failure(run: Any, chromium: Chromium, shop: SourceRules, secrets: dict[str, str] = SECRETS) -> AttemptFailed:
    with pytest.raises(AttemptFailed) as caught:
        run(do_log_in(chromium, shop, secrets))
    error = caught.value
    assert error.__cause__ is None
    assert error.page is None
    said = f"{error} {error.__dict__}"
    assert not any(part in said for part in (PASSWORD, "wörd", "w%C3%B6rd"))
    return error


def test_a_wrong_password_is_said_and_not_shown(
    run: Any, chromium: Chromium, club: Club, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(login, "_CHECK_SECS", 1.0)
    error = failure(run, chromium, rules(club, check=CHECK), {**SECRETS, "user": "bob"})

    assert error.reason == Dead.LOGIN_REQUIRED
    assert not error.transient
    assert str(error).startswith("log-in: one is not logged in after its steps: no element matches `#account`")
    assert club.log_ins == 0


def test_a_step_that_cannot_be_done_is_named(run: Any, chromium: Chromium, club: Club):
    steps = [*STEPS[:2], {"click": {"css": "a.enter"}, "timeout_secs": 1}]
    error = failure(run, chromium, rules(club, login={"steps": steps}))

    assert error.reason == Dead.LOGIN_REQUIRED
    assert str(error).startswith("log-in: step 3 (click): no element matches `a.enter`")


def test_a_step_that_fails_in_the_words_of_the_password_does_not_show_it(run: Any, chromium: Chromium, club: Club):
    steps = [{"wait": {"js": "(() => { throw new Error('wrong: w\\u00f6rd') })()"}, "timeout_secs": 1}]
    shop = rules(club, login={"steps": [STEPS[1], *steps]})
    error = failure(run, chromium, shop, {"password": "wörd"})

    assert "wrong: ${secret.password}" in str(error)


def test_a_secret_that_is_not_set_is_named(run: Any, chromium: Chromium, club: Club):
    error = failure(run, chromium, rules(club), {"user": "ann"})

    assert error.reason == Dead.LOGIN_REQUIRED
    assert str(error) == "log-in: the secret 'password' is not set (SCRAPELINE_SECRET_PASSWORD in the environment)"


def test_a_log_in_page_that_is_not_there_may_be_there_later(run: Any, chromium: Chromium, club: Club):
    error = failure(run, chromium, rules(club, login={"url": "http://127.0.0.1:1/login"}))

    assert error.transient
    assert error.reason == Dead.CONNECTION


class Elsewhere:
    """Secrets of a source whose log-in is at `https://shop.example/login`, typed on another page."""

    def __init__(self, here: str, **source: Any) -> None:
        session = {"login": {"url": "https://shop.example/login"}}
        full = {"source": "shop", "table": "t.i", "session": session, **source}
        loaded = LoadedSource(Source.model_validate(full), Path("/x/s.yaml"), Path("/x"), {}, "", {})
        secret = SECRETS.__getitem__
        self.typed = TypedSecrets(SourceRules(loaded), "https://shop.example/login", secret, lambda: here)


@pytest.mark.parametrize(
    ("here", "source"),
    [
        ("https://accounts.shop.example/x", {}),
        ("https://sso.example/in", {"allow_hosts": ["shop.example", "sso.example"]}),
        ("https://members.example/in", {"seeds": {"urls": ["https://members.example/"]}}),
    ],
)
def test_secrets_are_typed_where_the_source_says(here: str, source: dict[str, Any]):
    assert Elsewhere(here, **source).typed.fill("<${secret.user}>") == "<ann>"


@pytest.mark.parametrize("here", ["https://shop.example.evil.example/", "https://evil.example/", "about:blank", ""])
def test_secrets_are_typed_nowhere_else(here: str):
    typed = Elsewhere(here).typed

    assert typed.fill("no secret") == "no secret"
    with pytest.raises(AttemptFailed, match=r"TLS|the log-in led to") as caught:
        typed.fill("${secret.password}")
    assert caught.value.reason == Dead.ADDRESS_REFUSED


def test_secrets_of_an_https_log_in_are_not_typed_without_tls():
    with pytest.raises(AttemptFailed, match=re.escape("the log-in page of shop.example came without TLS")):
        Elsewhere("http://shop.example/login").typed.fill("${secret.password}")
