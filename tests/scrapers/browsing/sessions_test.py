"""Sessions of a process: made once however many wait, made anew when they are over, and never in a storm."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.page import Page
from schemas.reasons import Dead
from schemas.request import Request
from scrapers.browsing import sessions as module
from scrapers.browsing.failures import BrowserGone
from scrapers.browsing.session_state import SessionState, Storage
from scrapers.browsing.sessions import Sessions
from scrapers.fetching.failures import AttemptFailed
from scrapers.fetching.source_rules import SourceRules
from scrapers.source_files.loaded import LoadedSource
from scrapers.source_files.model import Source

LOGIN = {"url": "http://shop.test/login"}
NONE: Callable[[str], str] = {}.__getitem__
CHECK = {"css": "#account"}


def rules(folder: Path = Path("/nowhere"), **session: Any) -> SourceRules:
    source = Source.model_validate({"source": "shop", "table": "t.items", "session": session or None})
    return SourceRules(LoadedSource(source, folder / "shop.yaml", folder, {}, "", {}))


class Site:
    """A log-in that takes as long as `open` is not set; `goes_wrong` for so many times."""

    def __init__(self, *wrong: Exception, broken: bool = False) -> None:
        self.log_ins = 0
        self.open = asyncio.Event()
        self.open.set()
        self._wrong = list(wrong)
        self.valid = ""
        self.broken = broken

    async def log_in(self) -> Storage:
        self.log_ins += 1
        await self.open.wait()
        if self._wrong:
            raise self._wrong.pop(0)
        self.valid = "" if self.broken else f"token-number-{self.log_ins:04}"
        cookie = {"name": "sid", "value": f"token-number-{self.log_ins:04}", "domain": "shop.test", "path": "/"}
        return {"cookies": [cookie | {"expires": -1}], "origins": []}

    async def load(self, state: SessionState | None) -> Page:
        assert state is not None
        inside = state.storage["cookies"][0]["value"] == self.valid
        return page("<p id=account>" if inside else "<p>")


def page(body: str) -> Page:
    request = Request("shop", "http://shop.test/", "e" * 24)
    return Page(request, 200, request.url, (("Content-Type", "text/html"),), body.encode(), 0.0)


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 30))


def test_a_source_without_a_session_has_none():
    async def test() -> None:
        assert await Sessions(NONE).state(rules(), Site().log_in) is None

    run(test)


def test_however_many_wait_one_log_in_is_made_and_whoever_leaves_does_not_end_it():
    async def test() -> None:
        site, hidden = Site(), list[str]()
        sessions = Sessions(NONE, hidden.append)
        site.open.clear()
        waiting = [asyncio.create_task(sessions.state(rules(login=LOGIN), site.log_in)) for _ in range(20)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
        site.open.set()
        states = await asyncio.gather(*waiting[1:])

        assert site.log_ins == 1
        assert len({id(state) for state in states}) == 1
        assert await sessions.state(rules(login=LOGIN), site.log_in) is states[0]
        assert hidden == ["token-number-0001"]
        assert "token-number" not in repr(states[0])

    run(test)


def test_a_session_that_is_over_is_made_anew_once_and_the_page_is_loaded_once_more():
    async def test() -> None:
        site, sessions = Site(), Sessions(NONE)
        shop = rules(login=LOGIN, check=CHECK)
        await sessions.fetch(shop, site.log_in, site.load)
        site.valid = "over"
        pages = await asyncio.gather(*(sessions.fetch(shop, site.log_in, site.load) for _ in range(8)))

        assert site.log_ins == 2
        assert [one.body for one in pages] == [b"<p id=account>"] * 8

    run(test)


def test_a_page_that_never_is_ready_because_it_is_a_log_in_form_is_loaded_again_too():
    async def test() -> None:
        site, sessions = Site(), Sessions(NONE)
        shop = rules(login=LOGIN, check=CHECK)

        async def load(state: SessionState | None) -> Page:
            got = await site.load(state)
            if b"account" not in got.body:
                raise AttemptFailed(Dead.NOT_READY, "not ready after 30 s: `b`", page=got)
            return got

        async def never_ready(_state: SessionState | None) -> Page:
            raise AttemptFailed(Dead.NOT_READY, "not ready after 30 s: `b`", page=page("<p id=account>"))

        await sessions.fetch(shop, site.log_in, load)
        site.valid = "over"
        assert (await sessions.fetch(shop, site.log_in, load)).body == b"<p id=account>"
        with pytest.raises(AttemptFailed, match="not ready after 30 s"):
            await sessions.fetch(shop, site.log_in, never_ready)
        assert site.log_ins == 2

    run(test)


def test_an_old_session_is_made_anew(monkeypatch: pytest.MonkeyPatch):
    async def test() -> None:
        site, sessions, now = Site(), Sessions(NONE), [100.0]
        monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
        shop = rules(login=LOGIN, max_age_secs=60)
        first = await sessions.state(shop, site.log_in)
        now[0] = 159.0
        assert await sessions.state(shop, site.log_in) is first
        now[0] = 161.0
        assert await sessions.state(shop, site.log_in) is not first
        assert site.log_ins == 2

    run(test)


def test_a_log_in_that_failed_fails_all_who_wait_and_rests():
    async def test() -> None:
        site = Site(AttemptFailed(Dead.LOGIN_REQUIRED, "log-in: step 2 (click): no such button"))
        sessions, shop = Sessions(NONE), rules(login=LOGIN)
        ends = await asyncio.gather(*(sessions.state(shop, site.log_in) for _ in range(10)), return_exceptions=True)
        with pytest.raises(AttemptFailed, match=r"step 2 .* not tried again within 60 s") as caught:
            await sessions.state(shop, site.log_in)

        assert site.log_ins == 1
        assert all(isinstance(end, AttemptFailed) and end.reason == Dead.LOGIN_REQUIRED for end in ends)
        assert len({id(end) for end in ends}) == 10, "an error of its own for each"
        assert not caught.value.transient

    run(test)


def test_what_may_be_chance_is_tried_again_at_once_but_not_for_ever():
    async def test() -> None:
        site = Site(*(BrowserGone("Chromium died") for _ in range(9)))
        sessions, shop = Sessions(NONE), rules(login=LOGIN)
        errors = []
        for _ in range(9):
            with pytest.raises(AttemptFailed) as caught:
                await sessions.state(shop, site.log_in)
            errors.append((caught.value.reason, caught.value.transient))

        assert site.log_ins == 3
        assert errors == [(Dead.BROWSER_CRASHED, True)] * 3 + [(Dead.LOGIN_REQUIRED, False)] * 6

    run(test)


def test_a_log_in_that_leads_nowhere_counts_as_failed():
    async def test() -> None:
        site, sessions = Site(broken=True), Sessions(NONE)
        shop = rules(login=LOGIN, check=CHECK)
        for _ in range(5):
            with pytest.raises(AttemptFailed, match="the session is not logged in: there is no `#account`"):
                await sessions.fetch(shop, site.log_in, site.load)

        assert site.log_ins == 1

    run(test)


def test_an_odd_page_costs_one_log_in_and_the_others_nothing():
    async def test() -> None:
        site, sessions = Site(), Sessions(NONE)
        shop = rules(login=LOGIN, check=CHECK)

        async def odd(_state: SessionState | None) -> Page:
            return page("<p>a page without a head")

        await sessions.fetch(shop, site.log_in, site.load)
        for _ in range(5):
            with pytest.raises(AttemptFailed, match="the session is not logged in"):
                await sessions.fetch(shop, site.log_in, odd)
            assert (await sessions.fetch(shop, site.log_in, site.load)).body == b"<p id=account>"

        assert site.log_ins == 2

    run(test)


def test_a_log_in_that_leads_nowhere_is_made_again_after_its_rest_and_three_times_at_most(
    monkeypatch: pytest.MonkeyPatch,
):
    async def test() -> None:
        monkeypatch.setattr(module, "_REST_SECS", 0.0)
        site, sessions = Site(broken=True), Sessions(NONE)
        shop = rules(login=LOGIN, check=CHECK)
        for _ in range(9):
            with pytest.raises(AttemptFailed, match="the session is not logged in"):
                await sessions.fetch(shop, site.log_in, site.load)

        assert site.log_ins == 3

    run(test)


def test_a_saved_state_that_is_over_gives_way_to_the_log_in():
    async def test() -> None:
        site = Site()
        saved = {"cookies": [{"name": "sid", "value": "old", "domain": "shop.test"}], "origins": []}
        sessions = Sessions({"state": json.dumps(saved)}.__getitem__)
        shop = rules(storage_state="${secret.state}", login=LOGIN, check=CHECK)
        site.valid = "old"
        await sessions.fetch(shop, site.log_in, site.load)
        assert site.log_ins == 0
        site.valid = "over"
        for _ in range(3):
            await sessions.fetch(shop, site.log_in, site.load)

        assert site.log_ins == 1

    run(test)


def test_a_saved_state_that_never_was_good_gives_way_to_the_log_in_at_once():
    async def test() -> None:
        site = Site()
        saved = {"cookies": [{"name": "sid", "value": "old", "domain": "shop.test"}], "origins": []}
        sessions = Sessions({"state": json.dumps(saved)}.__getitem__)
        shop = rules(storage_state="${secret.state}", login=LOGIN, check=CHECK)

        assert (await sessions.fetch(shop, site.log_in, site.load)).body == b"<p id=account>"
        assert site.log_ins == 1

    run(test)


def test_without_a_log_in_a_saved_state_that_is_over_is_said_to_be_until_another_is_saved(
    monkeypatch: pytest.MonkeyPatch,
):
    async def test() -> None:
        site, secrets = Site(), {"state": saved_text("first")}
        sessions = Sessions(secrets.__getitem__)
        shop = rules(storage_state="${secret.state}", check=CHECK)
        site.valid = "first"
        await sessions.fetch(shop, site.log_in, site.load)
        site.valid = "second"
        with pytest.raises(AttemptFailed, match=r"storage_state: one is no longer logged in with it; save a new one"):
            await sessions.fetch(shop, site.log_in, site.load)
        monkeypatch.setattr(module, "_REST_SECS", 0.0)
        sessions._held["shop"].rests_until = 0.0
        secrets["state"] = saved_text("second")

        assert (await sessions.fetch(shop, site.log_in, site.load)).body == b"<p id=account>"

    run(test)


def saved_text(value: str) -> str:
    return json.dumps({"cookies": [{"name": "sid", "value": value, "domain": "shop.test"}], "origins": []})


def test_a_malformed_state_is_no_reason_to_log_in():
    async def test() -> None:
        site = Site()
        sessions = Sessions({"state": '{"cookies": 7}'}.__getitem__)
        with pytest.raises(AttemptFailed, match=r"session\.storage_state: cookies: expected a list") as caught:
            await sessions.state(rules(storage_state="${secret.state}", login=LOGIN), site.log_in)

        assert caught.value.reason == Dead.LOGIN_REQUIRED
        assert site.log_ins == 0

    run(test)


def test_an_expired_cookie_is_named_when_the_state_turns_out_not_to_be_logged_in():
    async def test() -> None:
        site = Site()
        saved = {"cookies": [{"name": name, "value": name, "domain": "shop.test", "expires": expires}
                             for name, expires in (("sid", 1_700_000_000), ("theme", -1))]}  # fmt: skip
        sessions = Sessions({"state": json.dumps(saved)}.__getitem__)
        with pytest.raises(AttemptFailed, match=r"\(1 of its 2 cookies expired on 2023-11-14\)"):
            await sessions.fetch(rules(storage_state="${secret.state}", check=CHECK), site.log_in, site.load)

    run(test)


def test_the_end_of_the_process_ends_a_log_in_under_way():
    async def test() -> None:
        site, sessions = Site(), Sessions(NONE)
        site.open.clear()
        waiting = asyncio.create_task(sessions.state(rules(login=LOGIN), site.log_in))
        await asyncio.sleep(0)
        await sessions.close()

        with pytest.raises(asyncio.CancelledError):
            await waiting

    run(test)
