"""Steps on a page of a real Chromium: what they do, and what is said of those that cannot be done."""

# ruff: noqa: E501  one case a line reads best

import asyncio
import logging

import pytest

from schemas.reasons import Dead
from scrapers.browsing.failures import RenderTimeout, StepFailed
from scrapers.browsing.order import RenderOrder
from scrapers.browsing.steps import run_steps
from scrapers.fetching.failures import AttemptFailed
from scrapers.source_files.model_pages import FetchRules

LONG_SECS = 40.0  # until a step that can be done is given up: a slow machine is no fault


@pytest.fixture(scope="module")
def page(run, chromium):
    context = run(chromium.browser.new_context(accept_downloads=False))
    yield run(context.new_page())
    run(context.close())


@pytest.fixture
def do(run, page, server):
    """Opens a document and does steps on it, as a source file writes them; gives their notes."""

    def does(html, *steps, secs=LONG_SECS, fill=str):
        server.on("/", server.page(html))

        async def on_loop():
            await page.goto(f"http://127.0.0.1:{server.port}/")
            order = RenderOrder("", steps=FetchRules.model_validate({"steps": list(steps)}).steps, fill=fill)
            return await run_steps(page, order, asyncio.get_running_loop().time() + secs)

        return run(on_loop(), LONG_SECS + 15)

    return does


@pytest.fixture
def shown(run, page):
    """The visible text of the page."""
    return lambda: run(page.inner_text("body"))


@pytest.fixture
def fails(do):
    """The message of a step that cannot be done; a machine too slow to find out why is given more time."""

    def failing(html, *steps, why=""):
        for secs in (0.7, 5, LONG_SECS):
            with pytest.raises(StepFailed) as failure:
                do(html, *steps, secs=secs)
            if why in str(failure.value):
                break
        return str(failure.value)

    return failing


FORM = """<form onsubmit="out.textContent = [q.value, kind.value].join(' '); return false">
<input name=q id=q><select id=kind><option value=a>Lamps<option value=b>Chairs</select><button>Go</button></form>
<p id=out></p>"""


def test_a_form_is_filled_and_sent(do, shown):
    params = {"${params.q}": "lämp"}

    notes = do(
        FORM,
        {"fill": {"css": "#q", "value": "${params.q}"}},
        {"select": {"css": "#kind", "label": "Chairs"}},
        {"press": {"key": "Enter", "css": "#q"}},
        {"wait": {"js": "out.textContent != '' // it is there"}},
        fill=lambda text: params.get(text, text),
    )

    assert notes == []
    assert "lämp b" in shown()


def test_waiting_for_what_comes_and_goes(do, shown):
    html = """<div class=spinner>wait</div><script>
    setTimeout(() => { document.querySelector('.spinner').remove();
                       document.body.insertAdjacentHTML('beforeend', '<p class=card>there</p>') }, 200)</script>"""

    do(html, {"wait": {"gone": ".spinner"}}, {"wait": ".card"}, {"wait": 0.01})

    assert "there" in shown()


def test_a_click_that_leads_on_is_over_when_the_next_document_is_there(do, server, run, page):
    async def slowly(hit, writer):
        await asyncio.sleep(0.5)
        writer.write(server.page("<title>next</title><b class=there>x</b>"))

    server.on("/next", slowly)

    do("<a href=/next>on</a>", {"click": "a"}, {"click": {"css": "b.there"}})

    assert run(page.title()) == "next"


def test_the_visible_one_of_two_buttons_is_clicked_and_texts_can_be_asked_for(do, shown):
    html = """<button style="display:none" onclick="out.textContent='hidden'">More</button>
    <button onclick="out.textContent='other'">Less</button>
    <button onclick="out.textContent='seen'">More</button><p id=out></p>"""

    do(html, {"click": 'button:has-text("More")'})

    assert "seen" in shown()


def test_a_window_that_a_click_opens_is_told(do, run, page, wait_until):
    (note,) = do("<a href='/other?a=b' target=_blank><b>on</b></a>", {"click": "b"})

    assert note.startswith("step 1 (click) opened another tab, which was left alone (http://127.0.0.1:")
    assert note.endswith("/other)")
    wait_until(lambda: len(page.context.pages) > 1, "the window is there")
    for window in page.context.pages[1:]:
        run(window.close())


def test_an_optional_step_does_not_use_up_the_time_of_the_others(do, shown):
    notes = do(
        "<button onclick=\"this.textContent='done'\">go</button>",
        {"click": ".banner", "optional": True, "timeout_secs": 0.2},
        {"click": "button"},
    )

    assert notes == []
    assert "done" in shown()


@pytest.mark.parametrize(
    ("html", "step", "message"),
    [
        ("<button class=load-more>x</button>", {"click": ".load-mor"}, "no element matches `.load-mor`; did you mean `load-more`?"),
        ("<b>x</b>", {"click": "#zzz"}, "no element matches `#zzz`"),
        ("<b hidden>x</b>", {"click": "b"}, "`b` is there, and not visible"),
        ("<button disabled>x</button>", {"click": "button"}, "`button` is disabled"),
        ("<b>x</b><div id=cookies style='position:fixed;inset:0'></div>", {"click": "b"}, '`b` is covered by <div id="cookies">'),
        ("<input readonly>", {"fill": {"css": "input", "value": "s3cret"}}, "`input` cannot be edited"),
        ("<p>x</p>", {"fill": {"css": "p", "value": "s3cret"}}, "`p` is not <input>, <textarea>"),
        ("<select><option>Lamps</select>", {"select": {"css": "select", "label": "Lights"}}, "`select` has no option `Lights`; it has: Lamps"),
        ("<b>x</b>", {"press": "Entr"}, 'there is no such key: Unknown key: "Entr"'),
        ("<i>x</i>", {"wait": {"gone": "i"}}, "`i` is still there"),
        ("<i>x</i>", {"wait": {"js": "window.never"}}, "`window.never` did not become true"),
        ("<i>x</i>", {"wait": 300}, "300.0 seconds are more than are left"),
        ("<b>x</b>", {"click": 'b:has-text("y")'}, 'no visible element matches `b:has-text("y")`'),
        ("<a href='/file'>x</a>", {"click": "a"}, "the click started a download"),
        ("<a href='http://127.0.0.1:9/'>x</a>", {"click": "a"}, "the click leads to another document, which does not come: net::ERR_"),
    ],
)  # fmt: skip
def test_what_could_not_be_done_is_said_in_one_sentence(fails, server, html, step, message):
    server.on("/file", b"HTTP/1.1 200 OK\r\nContent-Type: application/zip\r\nContent-Length: 2\r\n\r\nPK")

    said = fails(html, step, why=message)

    assert said.startswith(f"step 1 ({next(iter(step))}): {message}")
    assert "\n" not in said
    assert "s3cret" not in said


def test_the_number_of_the_step_is_told_and_durations_are_logged(fails, caplog):
    caplog.set_level(logging.DEBUG, "scrapers.browsing.steps")

    said = fails("<b>x</b>", {"wait": "b"}, {"click": ".none", "timeout_secs": 0.2}, why="step 2")

    assert said.startswith("step 2 (click): no element matches `.none` (after ")
    assert "step 1 (wait) took" in caplog.text


def test_a_secret_that_is_not_there_is_the_caller_s_failure(do):
    def fill(text):
        raise AttemptFailed(Dead.INVALID_ITEM, f"{text} has no value")

    with pytest.raises(AttemptFailed):
        do(FORM, {"fill": {"css": "#q", "value": "${secret.q}"}}, fill=fill)


def test_a_page_under_a_strict_policy_is_worked_on_all_the_same(do, server, shown, run, page):
    strict = {"Content-Security-Policy": "script-src 'unsafe-inline'; require-trusted-types-for 'script'"}
    head = "".join(f"{name}: {value}\r\n" for name, value in strict.items())
    body = "<b onclick=\"this.textContent='clicked'\">x</b>" + "<p class=row style='height:300px'>row</p>" * 9
    server.on(
        "/strict",
        f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{head}Content-Length: {len(body)}\r\n\r\n{body}".encode(),
    )

    do(
        "<a href=/strict>x</a>",
        {"click": "a"},
        {"wait": {"js": "document.querySelectorAll('.row').length == 9"}},
        {"scroll": {"items": ".row", "collect": "each_round", "pause_secs": 0.1}},
        {"click": "b"},
    )

    assert shown().startswith("clicked")


def test_waiting_goes_on_in_the_next_document(do, server, shown):
    server.on("/next", server.page("<script>setTimeout(() => { window.all_there = true }, 100)</script>next"))

    do("<script>setTimeout(() => location.href = '/next', 100)</script>", {"wait": {"js": "window.all_there"}})

    assert "next" in shown()


def test_a_page_that_no_longer_answers_is_no_fault_of_the_step(run, chromium, server, monkeypatch):
    monkeypatch.setattr("scrapers.browsing.steps._SILENT_SECS", 1.0)
    server.on("/", server.page("<b onclick='for (;;);'>x</b>"))

    async def on_loop():
        context = await chromium.browser.new_context()
        page = await context.new_page()
        await page.goto(f"http://127.0.0.1:{server.port}/")
        steps = FetchRules.model_validate({"steps": [{"click": "b"}, {"wait": {"js": "true"}}]}).steps
        try:
            await run_steps(page, RenderOrder("", steps=steps), asyncio.get_running_loop().time() + 2)
        finally:
            await context.close()

    with pytest.raises((RenderTimeout, StepFailed)):
        run(on_loop())
