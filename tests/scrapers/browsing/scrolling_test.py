"""Lists that grow: scrolled to their end, or brought by a button, and never cut short unsaid."""

import asyncio
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from selectolax.lexbor import LexborHTMLParser

from scrapers.browsing.failures import StepFailed
from scrapers.browsing.order import RenderOrder
from scrapers.browsing.steps import run_steps
from scrapers.source_files.model_pages import FetchRules

LONG_SECS = 40.0


@pytest.fixture(scope="module")
def page(run, chromium):
    context = run(chromium.browser.new_context())
    yield run(context.new_page())
    run(context.close())


@pytest.fixture
def lists(run, page, server):
    """Opens a document, does steps on it, and gives its notes and the texts of what a selector finds in its HTML."""

    async def rows(hit, writer):
        asked = {key: values[0] for key, values in parse_qs(urlsplit(hit.path).query).items()}
        await asyncio.sleep(float(asked.get("secs", 0)))
        first = int(asked["from"])
        body = json.dumps([f"row {number}" for number in range(first, first + 10)])
        writer.write(server.page(body))

    def does(html, *steps, css=".row", secs=LONG_SECS, items_css=""):
        server.on("*", rows)
        server.on("/", server.page(html))

        async def on_loop():
            await page.goto(f"http://127.0.0.1:{server.port}/")
            order = RenderOrder("", steps=FetchRules.model_validate({"steps": list(steps)}).steps, items_css=items_css)
            notes = await run_steps(page, order, asyncio.get_running_loop().time() + secs)
            return notes, await page.content()

        notes, content = run(on_loop(), LONG_SECS + 15)
        return notes, [node.text().strip() for node in LexborHTMLParser(content).css(css)]

    return does


def rows_to(last):
    return [f"row {number}" for number in range(last)]


GROWING = """<ul id=list></ul><div id=end style="height: 10px"></div><footer style="height: %dpx">end</footer><script>
let loaded = 0, busy = false;
async function more() {
  if (busy || loaded >= %d) return;
  busy = true;
  for (const text of await (await fetch('/rows?secs=%s&from=' + loaded)).json()) {
    const row = document.createElement('li');
    row.className = 'row'; row.style.height = '90px'; row.textContent = text;
    list.append(row);
  }
  loaded += 10; busy = false;
}
new IntersectionObserver(seen => seen[0].isIntersecting && more()).observe(end);
</script>"""


@pytest.mark.parametrize("footer_px", [0, 3000])
def test_an_endless_list_is_scrolled_to_its_end(lists, footer_px):
    notes, rows = lists(GROWING % (footer_px, 40, "0.1"), {"scroll": {"items": ".row", "pause_secs": 0.5}})

    assert rows == rows_to(40)
    assert notes == []


def test_answers_that_take_longer_than_the_pause_are_waited_for(lists):
    notes, rows = lists(GROWING % (0, 30, "0.8"), {"wait": ".row"}, {"scroll": {"items": ".row", "pause_secs": 0.1}})

    assert rows == rows_to(30)
    assert notes == []


def test_what_is_counted_is_the_page_type_s_items_or_all_that_grows(lists):
    quick = {"scroll": {"pause_secs": 0.5}}

    assert lists(GROWING % (0, 30, "0"), quick, items_css=".row")[1] == rows_to(30)
    assert lists(GROWING % (0, 30, "0"), quick)[1] == rows_to(30)
    assert lists(GROWING % (0, 30, "0"), quick, items_css="li:lexbor-contains('row')")[1] == rows_to(30)


def test_limits_are_told(lists):
    endless = GROWING % (0, 10_000, "0")

    notes, rows = lists(endless, {"scroll": {"items": ".row", "max_rounds": 2}})
    assert notes == ["step 1 (scroll) stopped at max_rounds 2"]
    assert 10 <= len(rows) < 100
    notes, rows = lists(endless, {"scroll": {"items": ".row", "max_items": 35}})
    assert notes == ["step 1 (scroll) stopped at max_items 35"]
    assert len(rows) >= 35


def test_a_list_that_still_grows_when_the_time_is_over_is_no_list(lists):
    with pytest.raises(StepFailed, match=r"scroll.*time was over before the list's end was seen.*max_items"):
        lists(GROWING % (0, 10_000, "0"), {"scroll": {"items": ".row", "max_rounds": 10_000}}, secs=2)


WINDOW = """<div id=box style="height: 300px; overflow: auto"><div id=tall style="position: relative"></div></div>
<script>
const ROWS = %d, HEIGHT = 40;
tall.style.height = ROWS * HEIGHT + 'px';
function draw() {
  const first = Math.floor(box.scrollTop / HEIGHT);
  tall.textContent = '';
  for (let n = first; n < Math.min(ROWS, first + 9); n++) {
    const row = document.createElement('div');
    row.className = 'row'; row.style.cssText = 'position: absolute; height: 40px; top: ' + n * HEIGHT + 'px';
    row.innerHTML = '<b></b>'; row.firstChild.textContent = 'row ' + n;
    tall.append(row);
  }
}
box.onscroll = () => setTimeout(draw, %d);
draw();
</script>"""


@pytest.mark.parametrize("late_ms", [0, 150])
def test_items_that_leave_the_screen_are_kept_once_and_in_order(lists, late_ms):
    notes, rows = lists(
        WINDOW % (60, late_ms), {"scroll": {"items": ".row", "collect": "each_round"}}, css="#box .row b"
    )

    assert rows == rows_to(60)
    assert notes == []


def test_what_is_collected_holds_no_script_that_redraws_it(lists):
    stirring = WINDOW % (40, 0) + "<script>setInterval(draw, 20)</script>"

    _, rows = lists(stirring, {"scroll": {"items": ".row", "collect": "each_round", "within": "#box"}})

    assert rows == rows_to(40)


# The same six elements are used for all rows, as lists do that recycle them; every row says "row" and its attribute.
RECYCLED = """<table><tbody id=body></tbody></table><div style="height: 4000px"></div><script>
const draw = () => {
  const first = Math.floor(scrollY / 100);
  for (let n = 0; n < 6; n++) {
    const row = body.children[n] || body.insertRow();
    row.className = 'row'; row.dataset.id = Math.min(34, first + n); row.innerHTML = '<td>row</td>';
  }
  body.parentNode.style.cssText = 'position: fixed; top: 0';
};
onscroll = draw; draw();
</script>"""


def test_items_are_told_apart_by_an_attribute(lists, run, page):
    step = {"scroll": {"items": "tr.row", "collect": "each_round", "key": "data-id", "pause_secs": 0.1}}

    lists(RECYCLED, step)

    ids = run(
        page.eval_on_selector_all("table tbody tr.row td", "cells => cells.map(cell => +cell.parentNode.dataset.id)")
    )
    assert ids == list(range(35))


def test_items_keep_what_stands_around_them(lists):
    grid = """<main id=grid></main><div id=tall style="height: 3000px"></div><script>
    const draw = () => {
      const first = Math.floor(scrollY / 300);
      grid.innerHTML = '<h2>Lamps</h2>';
      for (let n = first; n < Math.min(10, first + 3); n++)
        grid.insertAdjacentHTML('beforeend',
          `<section class=line><p class=row>row ${2 * n}</p><p class=row>row ${2 * n + 1}</p></section>`);
      grid.style.cssText = 'position: fixed; top: 0';
    };
    onscroll = draw; draw();
    </script>"""
    step = {"scroll": {"items": ".line > .row", "collect": "each_round", "pause_secs": 0.2}}

    _, rows = lists(grid, step, css="main > .line > .row, main h2")

    assert rows == ["Lamps", *rows_to(20)]


BUTTON = """<ul id=list></ul><button class=more>More</button><script>
const button = document.querySelector('button');
let loaded = 0;
button.onclick = async event => {
  if (!event.isTrusted) return;
  button.disabled = true;
  for (const text of await (await fetch('/rows?secs=0.1&from=' + loaded)).json())
    list.insertAdjacentHTML('beforeend', `<li class=row>${text}</li>`);
  loaded += 10;
  button.disabled = false;
  if (loaded >= 40) { %s }
};
</script>"""


@pytest.mark.parametrize(
    "end", ["button.remove()", "button.disabled = true", "button.style.display = 'none'", "button.onclick = null"]
)
def test_a_button_is_clicked_until_it_brings_nothing_more(lists, end):
    notes, rows = lists(BUTTON % end, {"load_more": {"css": "button.more", "items": ".row", "pause_secs": 0.5}})

    assert rows == rows_to(40)
    assert notes == []


def test_clicks_have_a_limit_and_a_page_without_the_button_needs_none(lists):
    notes, rows = lists(BUTTON % "", {"load_more": {"css": "button.more", "max_rounds": 2}})
    assert (notes, rows) == (["step 1 (load_more) stopped at max_rounds 2"], rows_to(20))
    notes, rows = lists(BUTTON % "", {"load_more": {"css": "button.more", "items": ".row", "max_items": 15}})
    assert (notes, rows) == (["step 1 (load_more) stopped at max_items 15"], rows_to(20))

    assert lists("<p class=row>row 0</p>", {"load_more": ".more"}) == ([], ["row 0"])


def test_a_button_that_is_a_link_to_the_next_page_is_told(lists):
    with pytest.raises(StepFailed, match=r"leads to another page: `next` follows such links"):
        lists("<a class=more href='/rows?from=0'>More</a>", {"load_more": ".more"})


def test_an_element_that_is_to_be_scrolled_must_be_there(lists):
    with pytest.raises(StepFailed, match="no element matches `#bix`"):
        lists(WINDOW % (9, 0), {"scroll": {"within": "#bix"}}, secs=2)
